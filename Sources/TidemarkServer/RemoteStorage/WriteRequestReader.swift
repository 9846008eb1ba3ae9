// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Reads a remote write request series by series, without a copy.
///
/// | field | v1 `WriteRequest` | v2 `Request` |
/// |---|---|---|
/// | series | 1: labels 1, samples 2, exemplars 3, histograms 4 | 5: label references 1, samples 2, histograms 3, exemplars 4, metadata 5 |
/// | label | name 1, value 2 | two references into the symbols, in turn |
/// | sample | value 1, timestamp 2 | the same |
/// | metadata | 3: type 1, name 2, help 4, unit 5 | of a series: type 1, help reference 3, unit reference 4 |
/// | symbols | | 4; the first one is empty |
///
/// Source: prometheus prompb/remote.proto, prompb/types.proto, prompb/io/prometheus/write/v2/types.proto. Unknown fields
/// are passed over.
struct WriteRequestReader {
    let version: RemoteWriteVersion
    private var series = RemoteTimeSeries()
    private var symbols: [UnsafeRawBufferPointer] = []

    init(_ version: RemoteWriteVersion) {
        self.version = version
    }

    /// Calls `take` for each series and `describe` for each metadata of a v1 request.
    ///
    /// - Throws: when the bytes are not that message, with the offset in the part at hand; what came before was taken.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        describe: (RemoteMetadata) -> Void = { _ in },
        _ take: (borrowing RemoteTimeSeries) -> Void
    ) throws(ByteReader.Malformed) {
        symbols.removeAll(keepingCapacity: true)
        if version == .v2 { try readSymbols(bytes) }
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (version, message.field, value) {
            case (.v1, 1, .bytes(let content)):
                series.clear()
                try readSeries1(content)
                take(series)
            case (.v1, 3, .bytes(let content)):
                describe(try metadata(content))
            case (.v2, 5, .bytes(let content)):
                series.clear()
                try readSeries2(content)
                take(series)
            case (.v2, 4, .bytes): break
            // A field that is known and written as something else.
            case (.v1, 1, _), (.v1, 3, _), (.v2, 4, _), (.v2, 5, _): throw ByteReader.Malformed(offset: 0)
            default: break
            }
        }
    }

    // MARK: - v1

    private mutating func readSeries1(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .bytes(let content)): series.labels.append(try label(content))
            case (2, .bytes(let content)): try readSample(content)
            case (3, .bytes): series.exemplars += 1
            case (4, .bytes): series.histograms += 1
            case (1...4, _): throw ByteReader.Malformed(offset: 0)
            default: break
            }
        }
    }

    private func label(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> RemoteTimeSeries.Label {
        var label = RemoteTimeSeries.Label(name: .none, value: .none)
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .bytes(let content)): label.name = content
            case (2, .bytes(let content)): label.value = content
            case (1...2, _): throw ByteReader.Malformed(offset: 0)
            default: break
            }
        }
        return label
    }

    private func metadata(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> RemoteMetadata {
        var metadata = RemoteMetadata(name: .none, type: 0, help: .none)
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .varint(let type)): metadata.type = type
            case (2, .bytes(let content)): metadata.name = content
            case (4, .bytes(let content)): metadata.help = content
            default: break
            }
        }
        return metadata
    }

    // MARK: - v2

    private mutating func readSymbols(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var message = MessageReader(bytes)
        while let value = try message.next() {
            if message.field == 4, case .bytes(let content) = value { symbols.append(content) }
        }
        guard symbols.first?.isEmpty ?? true else { throw ByteReader.Malformed(offset: 0) }
    }

    private func symbol(_ reference: UInt64) throws(ByteReader.Malformed) -> UnsafeRawBufferPointer {
        guard reference < UInt64(symbols.count) else { throw ByteReader.Malformed(offset: 0) }
        return symbols[Int(reference)]
    }

    private mutating func readSeries2(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var message = MessageReader(bytes)
        var name: UInt64?
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .bytes(let content)):
                var numbers = ByteReader(content)
                while numbers.remaining > 0 { try add(try numbers.varint(), &name) }
            // Packed or not: readers of proto3 take both.
            case (1, .varint(let reference)): try add(reference, &name)
            case (2, .bytes(let content)): try readSample(content)
            case (3, .bytes): series.histograms += 1
            case (4, .bytes): series.exemplars += 1
            case (5, .bytes(let content)): try readMetadata2(content)
            case (1...5, _): throw ByteReader.Malformed(offset: 0)
            default: break
            }
        }
        guard name == nil else { throw ByteReader.Malformed(offset: bytes.count) }
    }

    /// References come as names and values in turn.
    private mutating func add(_ reference: UInt64, _ name: inout UInt64?) throws(ByteReader.Malformed) {
        guard let first = name else {
            name = reference
            return
        }
        series.labels.append(.init(name: try symbol(first), value: try symbol(reference)))
        name = nil
    }

    private mutating func readMetadata2(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var message = MessageReader(bytes)
        series.type = 0
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .varint(let type)): series.type = type
            case (3, .varint(let reference)): series.help = try symbol(reference)
            case (4, .varint(let reference)): _ = try symbol(reference)
            default: break
            }
        }
    }

    // MARK: - Both

    @inline(__always)
    private mutating func readSample(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var bits: UInt64 = 0
        var time: UInt64 = 0
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .fixed64(let value)): bits = value
            case (2, .varint(let value)): time = value
            case (1...2, _): throw ByteReader.Malformed(offset: 0)
            default: break
            }
        }
        series.times.append(Int64(bitPattern: time))
        series.values.append(bits)
    }
}

extension UnsafeRawBufferPointer {
    /// No bytes.
    static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
