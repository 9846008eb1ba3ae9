// SPDX-License-Identifier: Apache-2.0

/// Which texts and numbers the records of a join have, by name: what blocks on the disk say, so that they can be read
/// under definitions that keep something else.
struct JoinLayout: Hashable {
    var firstTexts: [String]
    var secondTexts: [String]
    var firstNumbers: [String]
    var secondNumbers: [String]

    init(_ join: EventSchema.Join) {
        firstTexts = join.firstTexts
        secondTexts = join.secondTexts
        firstNumbers = join.definition.first.numbers.map(\.name)
        secondNumbers = join.definition.second.numbers.map(\.name)
    }

    init(firstTexts: [String], secondTexts: [String], firstNumbers: [String], secondNumbers: [String]) {
        self.firstTexts = firstTexts
        self.secondTexts = secondTexts
        self.firstNumbers = firstNumbers
        self.secondNumbers = secondNumbers
    }

    /// The same texts in another layout: those that it does not have are empty.
    static func texts(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from: [String],
        to: [String],
        into table: inout TextTable
    ) -> UInt32 {
        if from == to { return table.number(of: bytes) }
        let parts = KeyParts.strings(bytes)
        var changed = GrowableBuffer<UInt8>(capacity: 256)
        for name in to {
            let index = from.firstIndex(of: name)
            var text = index.map { $0 < parts.count ? parts[$0] : "" } ?? ""
            text.withUTF8 { KeyParts.append($0, to: &changed) }
        }
        return table.number(of: UnsafeBufferPointer(changed.elements))
    }

    /// The numbers of one side in another layout.
    static func numbers(_ pair: (Double, Double), from: [String], to: [String]) -> (Double, Double) {
        if from == to { return pair }
        func number(_ place: Int) -> Double {
            guard place < to.count, let index = from.firstIndex(of: to[place]) else { return .nan }
            return index == 0 ? pair.0 : pair.1
        }
        return (number(0), number(1))
    }
}
