// SPDX-License-Identifier: Apache-2.0

@testable import Ingest

private let withHeader = mapping(
    """
    columns: {campaign: c, cost: d, time: t}
    id: [_row, campaign]
    time: {format: "yyyy-MM-dd HH:mm:ss", timezone: Europe/Berlin}
    emit:
      - {type: click}
      - {type: spend, when: {d: "1"}}
    """
)

private let withoutHeader = mapping(
    """
    header: [c, d]
    delimiter: ";"
    columns: {campaign: c, cost: d}
    id: [_row]
    emit: [{type: click}]
    """
)

/// Reads a text as the store does: what a piece leaves unread is put before the next one.
private func read(_ text: [UInt8], cutAt cuts: [Int], _ mapping: EventMapping) -> Reading {
    let decoder = EventDecoder(schema: schema, key: key, mapping: mapping)
    var reading = Reading()
    var start = 0
    for (index, end) in (cuts + [text.count]).enumerated() {
        let batch = Array(text[start..<max(start, end)]).withUnsafeBytes {
            decoder.decode(
                $0,
                format: .csv,
                arrival: arrival,
                isFirst: index == 0,
                isLast: index == cuts.count
            )
        }
        reading.add(batch)
        start += batch.consumed
    }
    precondition(start == text.count, "all of a text is read")
    return reading
}

/// The first three bytes say where the text is cut and which mapping reads it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCSV(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 3 else { return 0 }
    let text = Array(UnsafeBufferPointer(start: start + 3, count: count - 3))
    let mapping = start[0] & 1 == 0 ? withHeader : withoutHeader
    let cuts = (0..<2).map { Int(start[$0 + 1]) * (text.count + 1) / 256 }.filter { $0 >= 3 }.sorted()
    let whole = read(text, cutAt: [], mapping)
    precondition(whole.all <= 2 * (whole.lines + 1), "two events a row")
    precondition(read(text, cutAt: cuts, mapping) == whole, "a cut at \(cuts) changes what is read")
    return 0
}
