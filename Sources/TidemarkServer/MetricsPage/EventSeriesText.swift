// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

/// One family of event series and its rows in a ``TotalsSource``.
struct SeriesFamily {
    var name: String
    var help: String
    var kind: PageText.Kind
    /// Decimal digits of its totals' units behind the point: 0 or 6.
    var decimals = 0
    /// A histogram's upper bounds, ascending, without +Inf.
    var bounds: [Double] = []
    var rows: Range<Int>
}

/// The totals a page is printed from: the store's snapshot, or a test's.
protocol TotalsSource: Sendable {
    /// Ordered by name.
    var families: [SeriesFamily] { get }
    /// The label text of a row, `{a="b"}`, or nothing.
    func withLabelText<R>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R
    /// `units` × 10^-`decimals` of the family, and what is added to it as Float64.
    func total(_ row: Int) -> (units: Int128, inexact: Double)
    /// The value of a row of a gauge.
    func value(_ row: Int) -> Double
    /// The observations of a row of a histogram, by bin; those behind the last that has any may be missing. Its sum is
    /// `total`.
    func bins(_ row: Int) -> [Int64]
    /// Unix milliseconds.
    func created(_ row: Int) -> Int64
    /// Appends every family. A requirement, so that each conforming type gets its own specialised copy of the loop.
    func append(to page: inout PageText)
}

/// The store's snapshot as the page's source.
struct SnapshotTotals: TotalsSource {
    let snapshot: TotalsSnapshot

    var families: [SeriesFamily] {
        snapshot.families.map { family in
            let kind: PageText.Kind =
                switch family.family.kind {
                case .counter: .counter
                case .histogram: .histogram
                case .gauge, .distinct, .samples: .gauge
                }
            return SeriesFamily(
                name: family.family.name,
                help: family.family.help,
                kind: kind,
                decimals: family.family.unit.decimals,
                bounds: family.family.bounds,
                rows: family.rows
            )
        }
    }

    func withLabelText<R>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        snapshot.withLabelText(row, body)
    }

    func total(_ row: Int) -> (units: Int128, inexact: Double) { snapshot.total(row) }
    func value(_ row: Int) -> Double { snapshot.value(row) }
    func bins(_ row: Int) -> [Int64] { snapshot.bins(row) }
    func created(_ row: Int) -> Int64 { snapshot.created(row).milliseconds }
    func append(to page: inout PageText) { appendFamilies(of: self, to: &page) }
}

/// Appends HELP, TYPE and every row of every family, without timestamps.
///
/// A family without rows has its HELP and TYPE: a reader sees what will come before the first event does, and
/// promtool and prometheus_client accept it.
func appendFamilies(of source: some TotalsSource, to page: inout PageText) {
    for family in source.families {
        page.beginFamily(family.name, help: family.help, kind: family.kind)
        switch family.kind {
        case .counter, .unknown: appendRows(of: source, family: family, kind: family.kind, to: &page)
        case .gauge: appendGauges(of: source, family: family, to: &page)
        case .histogram: appendHistograms(of: source, family: family, to: &page)
        }
    }
}

/// The hot loop: for each row the name, the prepared label text and the number, copied into the page's memory.
private func appendRows(
    of source: some TotalsSource,
    family: SeriesFamily,
    kind: PageText.Kind,
    to page: inout PageText
) {
    let name = Array(page.sampleName(family.name, kind: kind).utf8)
    // `_created` is OpenMetrics' own; a text 0.0.4 reader would take it for another family.
    let hasCreated = page.format == .openMetrics && kind == .counter
    let createdName = hasCreated ? Array((PageText.counterBase(family.name) + "_created").utf8) : []
    // Two names, two numbers, and the spaces and line ends between them; the labels come on top.
    let fixedRoom = name.count + createdName.count + 2 * longestNumber + 4

    var row = family.rows.lowerBound
    var minimum = 64 << 10
    while row < family.rows.upperBound {
        page.fill(minimum: minimum) { memory in
            guard let base = memory.baseAddress else { return 0 }
            var length = 0
            while row < family.rows.upperBound {
                let written = source.withLabelText(row) { labels -> Int in
                    let room = fixedRoom + 2 * labels.count
                    guard memory.count - length >= room else {
                        minimum = max(minimum, room)
                        return 0
                    }
                    var end = base + length
                    end = copy(name, labels, to: end)
                    let (units, inexact) = source.total(row)
                    end += writeTotal(units: units, decimals: family.decimals, inexact: inexact, at: end)
                    end = lineEnd(at: end)
                    if hasCreated {
                        end = copy(createdName, labels, to: end)
                        end += writeFixedPoint(units: Int128(source.created(row)), decimals: 3, at: end)
                        end = lineEnd(at: end)
                    }
                    return end - (base + length)
                }
                if written == 0 { break }
                length += written
                row += 1
            }
            return length
        }
    }
}

/// Copies a name, its labels and a space; returns where the number goes.
private func copy(_ name: [UInt8], _ labels: UnsafeRawBufferPointer, to start: UnsafeMutableRawPointer)
    -> UnsafeMutableRawPointer
{
    var end = start
    name.withUnsafeBytes { bytes in
        if let source = bytes.baseAddress { end.copyMemory(from: source, byteCount: bytes.count) }
    }
    end += name.count
    if let source = labels.baseAddress { end.copyMemory(from: source, byteCount: labels.count) }
    end += labels.count
    end.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
    return end + 1
}

private func lineEnd(at end: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    end.storeBytes(of: UInt8(ascii: "\n"), as: UInt8.self)
    return end + 1
}

/// One line for each row.
private func appendGauges(of source: some TotalsSource, family: SeriesFamily, to page: inout PageText) {
    for row in family.rows {
        let labels = source.withLabelText(row) { String(decoding: $0, as: UTF8.self) }
        page.append("\(family.name)\(labels) \(doubleText(source.value(row)))\n")
    }
}

/// For each row its cumulative buckets, its sum and its count.
private func appendHistograms(of source: some TotalsSource, family: SeriesFamily, to page: inout PageText) {
    let bounds = family.bounds.map { page.bucketBound($0) } + ["+Inf"]
    for row in family.rows {
        let labels = source.withLabelText(row) { String(decoding: $0, as: UTF8.self) }
        let opening = labels.isEmpty ? "{" : labels.dropLast() + ","
        let bins = source.bins(row)
        var count: Int64 = 0
        for (index, bound) in bounds.enumerated() {
            if index < bins.count { count &+= bins[index] }
            page.append("\(family.name)_bucket\(opening)le=\"\(bound)\"} \(count)\n")
        }
        let (units, inexact) = source.total(row)
        page.append("\(family.name)_sum\(labels) ")
        page.fill(minimum: longestNumber) { memory in
            memory.baseAddress.map {
                writeTotal(units: units, decimals: family.decimals, inexact: inexact, at: $0)
            } ?? 0
        }
        page.append("\n\(family.name)_count\(labels) \(count)\n")
    }
}
