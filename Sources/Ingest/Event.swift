// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// One thing that happened, made in code rather than read from text.
///
/// ```swift
/// Event("click", id: "c-17", ["campaign": "spring", "device": "mobile", "cost": 0.25])
/// ```
public struct Event: Sendable {
    /// The event type, which definitions name.
    public var type: String
    /// With `source` the event's identity; without it a repetition cannot be recognised.
    public var id: String?
    /// Who gave the `id`.
    public var source: String?
    /// When it happened; nil: when it arrives.
    public var time: Timestamp?
    /// Dimensions and measures by name.
    public var fields: [String: Value]

    /// A dimension or a measure.
    public enum Value: Hashable, Sendable {
        /// Text, or a decimal number as text, which is exact.
        case text(String)
        /// A whole number.
        case integer(Int64)
        /// A number, by its shortest decimal form: 0.1 counts as exactly one tenth.
        case number(Double)
        /// Members by name, such as the features of a prediction. Numbers that are not finite, and objects inside, count
        /// as missing.
        indirect case object([String: Value])

        var text: String {
            switch self {
            case .text(let text): text
            case .integer(let integer): String(integer)
            case .number(let number): "\(number)"
            case .object: json
            }
        }

        /// How it is read: numbers as their text, which is as exact.
        var kind: FieldValue.Kind { if case .object = self { .object } else { .string } }

        /// The value as JSON.
        private var json: String {
            switch self {
            case .text(let text):
                var json = ""
                QuotedText.appendJSON(text, to: &json)
                return json
            case .number(let number) where !number.isFinite: return "null"
            case .integer, .number: return text
            case .object(let members):
                var json = "{"
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    if json.utf8.count > 1 { json += "," }
                    QuotedText.appendJSON(name, to: &json)
                    json += ":" + (member.kind == .object ? "null" : member.json)
                }
                return json + "}"
            }
        }
    }

    /// An event.
    public init(
        _ type: String,
        id: String? = nil,
        source: String? = nil,
        time: Timestamp? = nil,
        _ fields: [String: Value] = [:]
    ) {
        self.type = type
        self.id = id
        self.source = source
        self.time = time
        self.fields = fields
    }
}

extension Event.Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    /// Text.
    public init(stringLiteral value: String) {
        self = .text(value)
    }

    /// A whole number.
    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    /// A number.
    public init(floatLiteral value: Double) {
        self = .number(value)
    }
}

extension EventDecoder {
    /// Puts events made in code into a batch; their lines in rejects are their 1-based places in `events`.
    public func batch(of events: [Event], arrival: Timestamp) -> EventBatch {
        let assembler = makeAssembler(arrival: arrival)
        let names = fieldNames
        var fields = [FieldValue](repeating: .absent, count: names.count)
        for (index, event) in events.enumerated() {
            var texts: [(field: Int, text: String, kind: FieldValue.Kind)] = [
                (EventSchema.Field.type, event.type, .string)
            ]
            if let id = event.id { texts.append((EventSchema.Field.id, id, .string)) }
            if let source = event.source { texts.append((EventSchema.Field.source, source, .string)) }
            for (field, name) in names.enumerated().dropFirst(EventSchema.Field.names.count) {
                if let value = event.fields[name] { texts.append((field, value.text, value.kind)) }
            }
            let bytes = Array(texts.map(\.text).joined().utf8)
            bytes.withUnsafeBufferPointer { buffer in
                for field in fields.indices { fields[field] = .absent }
                var offset = 0
                for (field, text, kind) in texts {
                    fields[field] = .string(buffer.baseAddress.map { $0 + offset }, count: text.utf8.count)
                    fields[field].rawKind = kind.rawValue
                    offset += text.utf8.count
                }
                fields.withUnsafeMutableBufferPointer { fields in
                    guard let start = fields.baseAddress else { return }
                    assembler.append(start, line: index + 1, time: event.time?.milliseconds)
                }
            }
        }
        return assembler.batch
    }
}
