// SPDX-License-Identifier: Apache-2.0

@testable import Ingest

private let foreign = mapping(
    """
    format: ndjson
    columns: {time: time, campaign: campaign, amount: cost}
    id: [id, _row]
    time: unix
    emit:
      - {type: spend}
      - {type: click, when: {type: "click"}}
    """
)

private func decode(_ text: UnsafeRawBufferPointer, _ format: EventFormat, _ mapping: EventMapping? = nil) -> EventBatch
{
    EventDecoder(schema: schema, key: key, mapping: mapping).decode(text, format: format, arrival: arrival)
}

/// Every line is an event, a reject, unmatched or blank; what is accepted is JSON; nothing crashes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    let batch = decode(text, .ndjson)
    let rejected = Set(batch.rejects.map(\.line))
    var lines = TextLines(TextLines.withoutByteOrderMark(UnsafeBufferPointer(start: start, count: count)))
    var blank = 0
    while let line = lines.next() {
        if TextLines.isBlank(line) {
            blank += 1
        } else if !rejected.contains(lines.number) {
            precondition(PlainJSON.isObject(Array(line)), "line \(lines.number) is accepted and is no JSON object")
        }
    }
    precondition(batch.lines == lines.number, "lines are counted")
    precondition(batch.count + batch.rejects.count + batch.unmatched + blank == batch.lines, "a line has one outcome")
    precondition(rejected.count == batch.rejects.count, "a line is rejected once")

    let elements = decode(text, .json)
    precondition(
        elements.count + elements.rejects.count + elements.unmatched <= elements.lines + 1,
        "an element has one outcome"
    )
    for format in [EventFormat.ndjson, .json] {
        let mapped = decode(text, format, foreign)
        precondition(
            mapped.count + mapped.rejects.count + mapped.unmatched <= 2 * (mapped.lines + 1),
            "two events a row"
        )
    }
    _ = EventDecoder.format(.auto, mapping: nil, text: text)
    return 0
}
