// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import Glibc

/// Reads one JSON object after the other into an array of wanted fields, through simdjson.
///
/// One reader belongs to one thread.
final class JSONObjectReader {
    /// Why an object was not read.
    struct Failure {
        let reason: RejectReason
        let message: String
    }

    private let parser: OpaquePointer
    private let table: JSONFieldTable

    /// The fields of the last object read, by the table's indices. The bytes are those of the text, or the parser's own
    /// until the next read.
    let fields: UnsafeMutablePointer<FieldValue>

    init(_ table: JSONFieldTable) {
        precondition(
            MemoryLayout<FieldValue>.stride == MemoryLayout<csj_value>.stride
                && MemoryLayout<FieldValue>.offset(of: \.rawKind) == MemoryLayout<csj_value>.offset(of: \.kind),
            "FieldValue mirrors csj_value"
        )
        guard let parser = csj_parser_create() else { preconditionFailure("no memory for a JSON parser") }
        self.parser = parser
        self.table = table
        self.fields = .allocate(capacity: max(table.count, 1))
        self.fields.initialize(repeating: .absent, count: max(table.count, 1))
    }

    deinit {
        csj_parser_destroy(parser)
        fields.deallocate()
    }

    /// Reads the object in `text`; `readable` bytes may be read from its start on. Nil when it went well.
    @inline(__always)
    func read(_ text: UnsafePointer<UInt8>, count: Int, readable: Int) -> Failure? {
        let result = fields.withMemoryRebound(to: csj_value.self, capacity: table.count) { slots in
            csj_parse_object(parser, table.handle, text, count, readable, EventLimits.fields, slots)
        }
        return result == CSJ_OK ? nil : failure(result)
    }

    private func failure(_ result: csj_result) -> Failure {
        let reason: RejectReason =
            switch result {
            case CSJ_BAD_UTF8: .badUTF8
            case CSJ_TOO_MANY_FIELDS: .tooManyFields
            case CSJ_OUT_OF_MEMORY: .tooLarge
            default: .malformed
            }
        return Failure(reason: reason, message: String(cString: csj_last_error(parser)))
    }
}
