// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// Fills an empty index with what is on the disk: families, then labels, then series, each in the order of their
/// numbers.
///
/// No string is made of a label: its part of the exposition text is prepared once, and the text of a series is put
/// together of such parts. What is wrong in an entry is thrown when it is added, what is wrong between entries by
/// `finishLabels` and `finishSeries`.
struct IndexLoader: ~Copyable {
    /// A label as it stands in the text of a series: `,name="value"`, escaped.
    private struct Part {
        let start: UnsafePointer<UInt8>
        let length: UInt32
        /// The place of its name among all names in order of bytes.
        var rank: UInt32 = 0
    }

    let index: SeriesIndex
    private var memory = Slabs()
    private var parts: [Part] = []
    private var hashes: [UInt32] = []
    /// Labels below it are of a series that is there.
    private var used = 0

    init(_ index: SeriesIndex) {
        self.index = index
    }

    /// An entry of that number is not as it has to be.
    struct Fault: Error {
        let number: UInt32
    }

    // MARK: - Families

    /// Adds the families, in any order.
    func addFamilies(
        _ families: [(number: UInt64, family: MetricFamily)],
        _ state: inout SeriesIndex.State
    ) -> MetricFamily? {
        let ordered = families.sorted { $0.number < $1.number }
        for (number, one) in ordered.enumerated() {
            guard one.number == UInt64(number) else { return one.family }
            _ = state.add(one.family)
            state.isStored[number] = true
        }
        return nil
    }

    // MARK: - Labels

    /// Adds the next label.
    mutating func addLabel(
        _ record: UnsafeRawBufferPointer,
        _ state: inout SeriesIndex.State
    ) throws(ByteReader.Malformed) {
        let (name, value) = try LabelRecord.decode(record)
        let number = index.labels.count
        guard number < Int(UInt32.max >> 1) else { throw ByteReader.Malformed(offset: 0) }
        let plain = memory.allocate(name.count + value.count + 4, alignment: 1)
        plain.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
        let end = IndexLoader.put(name, value, at: plain + 1)
        end.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        let key = UnsafeRawBufferPointer(start: plain + 1, count: name.count + 2 + value.count)
        hashes.append(HashPlaces.hash(key))

        let bytes = name.assumingMemoryBound(to: UInt8.self)
        let known = state.names.find(bytes) ?? state.addName(String(decoding: bytes, as: UTF8.self))
        state.labelsOfName[known].append(UInt32(number), &state.slabs)
        index.labels.append(
            SeriesIndex.Label(
                start: UnsafePointer((plain + 1 + name.count + 2).assumingMemoryBound(to: UInt8.self)),
                length: UInt32(value.count),
                name: UInt32(known)
            )
        )
        index.seriesOfLabel.append(IDList())
        parts.append(part(plain, nameCount: name.count, value))
    }

    /// The part of a label, which is the plain one unless something has to be escaped.
    private mutating func part(
        _ plain: UnsafeMutableRawPointer,
        nameCount: Int,
        _ value: UnsafeRawBufferPointer
    ) -> Part {
        let before = 1 + nameCount + 2
        guard LabelText.needsEscape(value) else {
            let start = UnsafePointer(plain.assumingMemoryBound(to: UInt8.self))
            return Part(start: start, length: UInt32(before + value.count + 1))
        }
        var escaped = Array(UnsafeRawBufferPointer(start: plain, count: before))
        Labels.appendEscaped(String(decoding: value, as: UTF8.self), to: &escaped)
        escaped.append(UInt8(ascii: "\""))
        return Part(start: memory.store(escaped), length: UInt32(escaped.count))
    }

    /// Writes `name="value` and tells where it ends.
    private static func put(
        _ name: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        at start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        if let source = name.baseAddress { start.copyMemory(from: source, byteCount: name.count) }
        (start + name.count).storeBytes(of: UInt8(ascii: "="), as: UInt8.self)
        (start + name.count + 1).storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        let middle = start + name.count + 2
        if let source = value.baseAddress { middle.copyMemory(from: source, byteCount: value.count) }
        return middle + value.count
    }

    /// All labels are there.
    ///
    /// - Throws: which of them is there twice.
    mutating func finishLabels(_ state: inout SeriesIndex.State) throws(Fault) {
        let labels = index.labels
        let double = state.labels.fill(hashes) { left, right in
            let (a, b) = (labels[left], labels[right])
            return a.name == b.name && a.length == b.length && memcmp(a.start, b.start, Int(a.length)) == 0
        }
        if let double { throw Fault(number: UInt32(double)) }
        hashes = []
        state.storedLabels = parts.count
        let names = state.names.names
        let ordered = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
        var ranks = [UInt32](repeating: 0, count: names.count)
        for (rank, name) in ordered.enumerated() { ranks[name] = UInt32(rank) }
        for number in parts.indices { parts[number].rank = ranks[Int(labels[number].name)] }
    }

    // MARK: - Series

    /// Adds the next series.
    mutating func addSeries(
        _ record: UnsafeRawBufferPointer,
        _ state: inout SeriesIndex.State
    ) throws(ByteReader.Malformed) {
        var reader = ByteReader(record)
        let (created, family, count) = try SeriesRecord.decodeHead(&reader)
        guard family < UInt64(state.families.count), hashes.count < Int(UInt32.max >> 1) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        let id = UInt32(hashes.count)
        let start = index.runs.appendRun(of: 1 + count)
        guard start <= Int(UInt32.max) else { throw ByteReader.Malformed(offset: 0) }
        let run = index.runs.pointer(to: start)
        run[0] = UInt32(count)
        let usedBefore = used
        var length = count == 0 ? 0 : 1
        var leastRank: UInt32 = 0
        for place in 0..<count {
            // A label that no series before has is the next of all labels.
            let number = try reader.varint()
            guard number <= UInt64(used), number < UInt64(parts.count) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let part = parts[Int(number)]
            guard part.rank >= leastRank else { throw ByteReader.Malformed(offset: reader.offset) }
            leastRank = part.rank + 1
            if number == UInt64(used) { used += 1 }
            length += Int(part.length)
            run[1 + place] = UInt32(number)
            index.seriesOfLabel.pointer(to: Int(number)).pointee.append(id, &state.slabs)
        }
        guard reader.remaining == 0, length <= Int(UInt32.max) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        let text = makeText(UnsafeBufferPointer(start: run + 1, count: count), length, usedBefore, &state)
        let hash = HashPlaces.hash(UnsafeRawBufferPointer(start: text, count: length))
        hashes.append(SeriesIndex.hash(hash, family: Int(family)))
        index.runStarts.append(UInt32(start))
        index.entries.append(
            SeriesIndex.Entry(start: text, created: created, length: UInt32(length), family: Int32(family))
        )
        state.members[Int(family)].append(id, &state.slabs)
    }

    /// The text of a series. Labels that are new have theirs in it from now on.
    private func makeText(
        _ run: UnsafeBufferPointer<UInt32>,
        _ length: Int,
        _ usedBefore: Int,
        _ state: inout SeriesIndex.State
    ) -> UnsafePointer<UInt8> {
        let text = state.slabs.allocate(length, alignment: 1).assumingMemoryBound(to: UInt8.self)
        var at = text
        for number in run {
            let part = parts[Int(number)]
            at.initialize(from: part.start, count: Int(part.length))
            if Int(number) >= usedBefore { move(Int(number), to: at, part, &state) }
            at += Int(part.length)
        }
        if !run.isEmpty {
            text[0] = UInt8(ascii: "{")
            at[0] = UInt8(ascii: "}")
        }
        return UnsafePointer(text)
    }

    /// Lets a label have its value in the text of its first series, so that the loader's memory can be freed.
    private func move(
        _ number: Int,
        to text: UnsafeMutablePointer<UInt8>,
        _ part: Part,
        _ state: inout SeriesIndex.State
    ) {
        let label = index.labels[number]
        let before = state.lengthOfName[Int(label.name)] + 2
        var value = UnsafePointer(text) + 1 + before
        if Int(part.length) != 1 + before + Int(label.length) + 1 {
            let plain = UnsafeRawBufferPointer(start: label.start - before, count: before + Int(label.length))
            value = state.slabs.store(Array(plain)) + before
        }
        index.labels.pointer(to: number).pointee = SeriesIndex.Label(
            start: value,
            length: label.length,
            name: label.name
        )
    }

    /// All series are there.
    ///
    /// - Throws: which of them is there twice.
    mutating func finishSeries(_ state: inout SeriesIndex.State) throws(Fault) {
        let entries = index.entries
        let double = state.series.fill(hashes) { left, right in
            let (a, b) = (entries[left], entries[right])
            return a.family == b.family && a.length == b.length && memcmp(a.start, b.start, Int(a.length)) == 0
        }
        if let double { throw Fault(number: UInt32(double)) }
        hashes = []
        for number in parts.indices {
            state.seriesOfName[Int(index.labels[number].name)] += Int(index.seriesOfLabel[number].count)
        }
    }

    /// The first label that no series has: it is one too many.
    var firstUnusedLabel: UInt32? { used < parts.count ? UInt32(used) : nil }
}
