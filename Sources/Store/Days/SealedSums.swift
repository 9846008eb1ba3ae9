// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What some sealed points of an event series come to: of a counter or a histogram the sum of each detail, of a gauge the
/// value set last, of a distinct series the registers.
struct SealedSums: Equatable {
    /// The sum of one detail: an integer; or the bits of a Float64, of a gauge and of what fell back to Float64; or 0, of
    /// a register.
    struct Sum: Equatable {
        var detail: UInt32
        var number: Int128
    }

    /// The last slot with a point, or nil when there is none.
    var last: Int64?
    /// Ordered by detail.
    private(set) var sums: [Sum] = []

    init() {}

    /// What chunks come to by what their list says; nothing of a distinct series.
    init(_ entries: some Sequence<ChunkList.Entry>, _ rule: PointRule) {
        for entry in entries {
            var one = SealedSums()
            one.last = entry.last
            one.sums = entry.sums.map { Sum(detail: $0.detail, number: SealedSums.number($0, rule)) }
            add(one, rule)
        }
    }

    /// What registers come to.
    init(registers: [UInt32], last: Int64) {
        self.last = last
        sums = registers.map { Sum(detail: $0, number: 0) }
    }

    static func number(_ sum: ChunkSum, _ rule: PointRule) -> Int128 {
        rule.isFloat(sum.detail) ? Int128(sum.payload) : Int128(Int64(bitPattern: sum.payload))
    }

    /// Adds what other points come to; of gauge values of one moment the added one stays.
    mutating func add(_ other: SealedSums, _ rule: PointRule) {
        guard let otherLast = other.last else { return }
        defer { last = max(last ?? otherLast, otherLast) }
        switch rule {
        case .latest:
            guard let value = other.sums.first else { return }
            if let last, let own = sums.first, (last, own.detail) > (otherLast, value.detail) { return }
            sums = [value]
        case .greatestRank:
            sums = SealedSums.union(sums, other.sums)
        case .add:
            var merged: [Sum] = []
            merged.reserveCapacity(max(sums.count, other.sums.count))
            var (left, right) = (0, 0)
            while left < sums.count || right < other.sums.count {
                if right == other.sums.count || left < sums.count && sums[left].detail < other.sums[right].detail {
                    merged.append(sums[left])
                    left += 1
                } else if left == sums.count || other.sums[right].detail < sums[left].detail {
                    merged.append(other.sums[right])
                    right += 1
                } else {
                    merged.append(SealedSums.sum(sums[left], other.sums[right], rule))
                    left += 1
                    right += 1
                }
            }
            sums = merged
        }
    }

    private static func sum(_ left: Sum, _ right: Sum, _ rule: PointRule) -> Sum {
        guard rule.isFloat(left.detail) else { return Sum(detail: left.detail, number: left.number + right.number) }
        let sum =
            Double(bitPattern: UInt64(truncatingIfNeeded: left.number))
            + Double(bitPattern: UInt64(truncatingIfNeeded: right.number))
        return Sum(detail: left.detail, number: Int128(sum.bitPattern))
    }

    /// Of each register the greatest rank.
    private static func union(_ left: [Sum], _ right: [Sum]) -> [Sum] {
        var merged: [Sum] = []
        merged.reserveCapacity(max(left.count, right.count))
        var (first, second) = (0, 0)
        while first < left.count || second < right.count {
            let a = first < left.count ? left[first].detail >> 6 : .max
            let b = second < right.count ? right[second].detail >> 6 : .max
            if a < b {
                merged.append(left[first])
                first += 1
            } else if b < a {
                merged.append(right[second])
                second += 1
            } else {
                merged.append(left[first].detail > right[second].detail ? left[first] : right[second])
                first += 1
                second += 1
            }
        }
        return merged
    }

    /// Leaves out the registers that `known` has of as great a rank: of a distinct series, whose sums only grow.
    mutating func remove(known: SealedSums) {
        var at = 0
        sums.removeAll { sum in
            while at < known.sums.count, known.sums[at].detail >> 6 < sum.detail >> 6 { at += 1 }
            return at < known.sums.count && known.sums[at].detail >> 6 == sum.detail >> 6
                && known.sums[at].detail >= sum.detail
        }
    }

    // MARK: - Format

    /// `count:varint, count × (detail:varint less the one before, number)`: a number is the bits of a Float64 in reverse
    /// order as a varint, an integer as a zigzag varint of up to 128 bits, or of a register nothing.
    func encode(_ rule: PointRule, into writer: inout ByteWriter) {
        writer.varint(UInt64(sums.count))
        var previous: UInt32 = 0
        for sum in sums {
            writer.varint(UInt64(sum.detail - previous))
            previous = sum.detail
            if case .greatestRank = rule { continue }
            if rule.isFloat(sum.detail) {
                writer.varint(UInt64(truncatingIfNeeded: sum.number).byteSwapped)
            } else {
                var rest = UInt128(bitPattern: (sum.number << 1) ^ (sum.number >> 127))
                while rest >= 0x80 {
                    writer.byte(UInt8(truncatingIfNeeded: rest) | 0x80)
                    rest >>= 7
                }
                writer.byte(UInt8(truncatingIfNeeded: rest))
            }
        }
    }

    static func decodeSums(_ reader: inout ByteReader, _ rule: PointRule) throws(ByteReader.Malformed) -> [Sum] {
        var isRegister = false
        if case .greatestRank = rule { isRegister = true }
        let count = try reader.count(of: isRegister ? 1 : 2)
        var sums: [Sum] = []
        sums.reserveCapacity(count)
        var detail: UInt64 = 0
        for index in 0..<count {
            let distance = try reader.varint()
            detail += distance
            guard distance <= UInt64(UInt32.max), detail <= UInt64(UInt32.max), index == 0 || distance > 0 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            var sum = Sum(detail: UInt32(detail), number: 0)
            if isRegister {
                guard detail >> 6 < UInt64(HyperLogLog.registerCount),
                    (1...UInt64(HyperLogLog.mostRank)).contains(detail & 63)
                else { throw ByteReader.Malformed(offset: reader.offset) }
            } else if rule.isFloat(sum.detail) {
                sum.number = Int128(try reader.varint().byteSwapped)
            } else {
                var value: UInt128 = 0
                var shift: UInt128 = 0
                while true {
                    let byte = try reader.byte()
                    guard shift < 126 || byte < 4 else { throw ByteReader.Malformed(offset: reader.offset) }
                    value |= UInt128(byte & 0x7F) << shift
                    if byte < 0x80 { break }
                    shift += 7
                }
                sum.number = Int128(bitPattern: value >> 1) ^ -Int128(bitPattern: value & 1)
                // Sums of these stay sums, however many there are.
                guard sum.number.magnitude <= 1 << 100 else { throw ByteReader.Malformed(offset: reader.offset) }
            }
            sums.append(sum)
        }
        return sums
    }

    init(last: Int64?, sums: [Sum]) {
        self.last = last
        self.sums = sums
    }
}

extension PointRule {
    /// Whether payloads of a detail are Float64.
    func isFloat(_ detail: UInt32) -> Bool {
        switch self {
        case .add(let inexact, _): detail == inexact
        case .latest: true
        case .greatestRank: false
        }
    }
}
