// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A remote read request: which series, over which time.
///
/// Source: prometheus prompb/remote.proto: queries 1 (start 1, end 2, matchers 3 (type 1, name 2, value 3), hints 4), accepted
/// response types 2.
struct ReadRequest {
    /// One of its queries. It is answered by itself.
    struct Query {
        /// Milliseconds since the Unix epoch, both inclusive.
        var start: Int64 = 0
        var end: Int64 = 0
        var matchers: [LabelMatcher] = []
    }

    /// Why it cannot be answered.
    enum Fault: Error {
        case malformed
        case matcher(LabelMatcherError)
    }

    private(set) var queries: [Query] = []
    /// The answers that the client takes, by their numbers: 0 samples, 1 streamed chunks. None means samples.
    private(set) var acceptedTypes: [UInt64] = []

    /// Whether the client takes samples.
    var acceptsSamples: Bool { acceptedTypes.isEmpty || acceptedTypes.contains(0) }

    /// Reads a message.
    init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        do {
            var message = MessageReader(bytes)
            while let value = try message.next() {
                switch (message.field, value) {
                case (1, .bytes(let content)): queries.append(try ReadRequest.query(content))
                case (2, .varint(let type)): acceptedTypes.append(type)
                case (2, .bytes(let content)):
                    var numbers = ByteReader(content)
                    while numbers.remaining > 0 { acceptedTypes.append(try numbers.varint()) }
                case (1...2, _): throw Fault.malformed
                default: break
                }
            }
        } catch let error as LabelMatcherError {
            throw .matcher(error)
        } catch {
            throw .malformed
        }
    }

    private static func query(_ bytes: UnsafeRawBufferPointer) throws -> Query {
        var query = Query()
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .varint(let time)): query.start = Int64(bitPattern: time)
            case (2, .varint(let time)): query.end = Int64(bitPattern: time)
            case (3, .bytes(let content)): query.matchers.append(try matcher(content))
            case (1...3, _): throw Fault.malformed
            default: break
            }
        }
        return query
    }

    private static func matcher(_ bytes: UnsafeRawBufferPointer) throws -> LabelMatcher {
        var (type, name, text) = (UInt64(0), "", "")
        var message = MessageReader(bytes)
        while let value = try message.next() {
            switch (message.field, value) {
            case (1, .varint(let number)): type = number
            case (2, .bytes(let content)):
                guard let valid = String(validating: content, as: UTF8.self) else { throw Fault.malformed }
                name = valid
            case (3, .bytes(let content)):
                guard let valid = String(validating: content, as: UTF8.self) else { throw Fault.malformed }
                text = valid
            case (1...3, _): throw Fault.malformed
            default: break
            }
        }
        let operations: [LabelMatcher.Operation] = [.equal, .notEqual, .matches, .doesNotMatch]
        guard type < UInt64(operations.count) else { throw Fault.malformed }
        return try LabelMatcher(name, operations[Int(type)], text)
    }
}
