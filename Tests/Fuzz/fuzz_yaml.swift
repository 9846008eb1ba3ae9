// SPDX-License-Identifier: Apache-2.0

@testable import Ingest

/// A file is read or refused; what is read can be used.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    if let mapping = try? EventMapping(text, file: "fuzz.yml") {
        let row = Array("a,b\n2025-06-15T00:00:00Z,1\n{\"a\":1}\n".utf8)
        let batch = row.withUnsafeBytes {
            EventDecoder(schema: schema, key: key, mapping: mapping)
                .decode($0, format: mapping.format, arrival: arrival)
        }
        precondition(batch.count <= 3 * mapping.emissions.count, "a row emits each event once")
    }
    if let definitions = try? MetricDefinition.parse(text, file: "fuzz.yml") {
        precondition(Set(definitions.map(\.name)).count == definitions.count, "names are unique")
    }
    return 0
}
