// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What the points of a chunk come to: of a counter or a histogram the sum of each detail, of a gauge the last value, of
/// a distinct series nothing.
struct ChunkSum: Equatable {
    var detail: UInt32
    var payload: UInt64

    /// The detail under which a counter or a histogram says how many of its points take away from its bins or from itself,
    /// when some do. Behind all details of points.
    static let falls: UInt32 = 0x1_0002
    /// The same of the points of a histogram's sum.
    static let fallsOfSum: UInt32 = 0x1_0003

    /// The sums of some points, ordered by detail.
    static func sums(of points: PointColumns, _ range: Range<Int>, _ rule: PointRule) -> ChunkSums {
        guard !range.isEmpty else { return ChunkSums() }
        switch rule {
        case .greatestRank:
            return ChunkSums()
        case .latest:
            let last = range.upperBound - 1
            return ChunkSums([ChunkSum(detail: points.details[last], payload: points.payloads[last])])
        case .add(let inexact, let unitsPerWhole):
            var exact: [UInt32: Int64] = [:]
            var floating: Double?
            for index in range {
                let detail = points.details[index]
                if detail == inexact {
                    floating = (floating ?? 0) + Double(bitPattern: points.payloads[index])
                    continue
                }
                let units = Int64(bitPattern: points.payloads[index])
                if units < 0 { exact[detail == PointDetail.exactSum ? fallsOfSum : falls, default: 0] += 1 }
                let (sum, overflow) = (exact[detail] ?? 0).addingReportingOverflow(units)
                if overflow {
                    floating = (floating ?? 0) + Double(units) / unitsPerWhole
                } else {
                    exact[detail] = sum
                }
            }
            var sums = exact.map { ChunkSum(detail: $0.key, payload: UInt64(bitPattern: $0.value)) }
            if let floating { sums.append(ChunkSum(detail: inexact, payload: floating.bitPattern)) }
            return ChunkSums(sums.sorted { $0.detail < $1.detail })
        }
    }
}

/// The sums of one chunk, ordered by detail. One alone, which is what counters and gauges have, takes no array.
struct ChunkSums: Equatable, RandomAccessCollection {
    private var first: ChunkSum?
    private var others: [ChunkSum] = []

    init() {}

    init(_ sums: [ChunkSum]) {
        first = sums.first
        others = Array(sums.dropFirst())
    }

    var startIndex: Int { 0 }
    var endIndex: Int { first == nil ? 0 : others.count + 1 }

    subscript(index: Int) -> ChunkSum {
        guard index == 0, let first else { return others[index - 1] }
        return first
    }

    mutating func append(_ sum: ChunkSum) {
        if first == nil { first = sum } else { others.append(sum) }
    }
}
