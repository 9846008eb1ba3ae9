// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Writes a remote write request series by series; ``WriteRequestReader`` has the layout.
struct WriteRequestWriter {
    let version: RemoteWriteVersion
    private var message = MessageWriter()
    private var symbols: [ByteText: UInt64] = [:]
    private var names: [String] = []
    /// How many samples it has.
    private(set) var samples = 0

    init(_ version: RemoteWriteVersion) {
        self.version = version
    }

    /// Adds a series.
    ///
    /// - Parameters:
    ///   - labels: ordered by name, names unique, values not empty; the name of the metric is among them.
    ///   - times: milliseconds since the Unix epoch, ascending.
    ///   - values: bits of as many values.
    ///   - family: what metadata says; nil for nothing. A v1 request has no place for it in a series.
    mutating func append(
        _ labels: [Labels.Pair],
        times: UnsafeBufferPointer<Int64>,
        values: UnsafeBufferPointer<UInt64>,
        family: MetricFamily? = nil
    ) {
        var series = MessageWriter(capacity: 256 + times.count * 18)
        switch version {
        case .v1:
            for pair in labels {
                var label = MessageWriter()
                label.text(1, pair.name)
                label.text(2, pair.value)
                series.message(1, label)
            }
        case .v2:
            var references = MessageWriter()
            for pair in labels {
                references.number(symbol(pair.name))
                references.number(symbol(pair.value))
            }
            series.message(1, references)
        }
        for index in 0..<times.count {
            let (bits, time) = (values[index], UInt64(bitPattern: times[index]))
            series.message(2, bytes: (bits == 0 ? 0 : 9) + (time == 0 ? 0 : 1 + MessageWriter.size(time)))
            if bits != 0 { series.double(1, bits: bits) }
            if time != 0 { series.varint(2, time) }
        }
        if version == .v2, let family {
            var metadata = MessageWriter()
            if family.type != .unknown { metadata.varint(1, UInt64(family.type.rawValue)) }
            if !family.help.isEmpty { metadata.varint(3, symbol(family.help)) }
            series.message(5, metadata)
        }
        message.message(version == .v1 ? 1 : 5, series)
        samples += times.count
    }

    /// Tells of a metric in a v1 request.
    mutating func describe(_ family: MetricFamily) {
        precondition(version == .v1, "a v2 request has metadata in its series")
        var metadata = MessageWriter()
        metadata.varint(1, UInt64(family.type.rawValue))
        metadata.text(2, family.name)
        metadata.text(4, family.help)
        message.message(3, metadata)
    }

    /// The whole message.
    consuming func finish() -> [UInt8] {
        guard version == .v2 else { return message.bytes }
        var request = MessageWriter(capacity: message.bytes.count + 4_096)
        request.text(4, "")
        for name in names { request.text(4, name) }
        request.fields(message)
        return request.bytes
    }

    /// The number of a symbol; 0 is the empty one.
    private mutating func symbol(_ text: String) -> UInt64 {
        if text.isEmpty { return 0 }
        if let known = symbols[ByteText(text)] { return known }
        names.append(text)
        symbols[ByteText(text)] = UInt64(names.count)
        return UInt64(names.count)
    }
}
