// SPDX-License-Identifier: Apache-2.0

/// A label set: pairs of name and value, ordered by name, names unique, values not empty.
///
/// An empty value and an absent label are the same thing in Prometheus's data model, so a pair with an empty value is
/// dropped.
public struct Labels: Hashable, Sendable {
    /// One name and value.
    public struct Pair: Hashable, Sendable {
        /// The label's name.
        public let name: String
        /// The label's value, any UTF-8, never empty.
        public let value: String

        /// A pair, which need not be one of a label set.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether the bytes are the same. (Swift's strings are equal when they look alike, composed or not.)
        public static func == (left: Pair, right: Pair) -> Bool {
            areSameBytes(left.name, right.name) && areSameBytes(left.value, right.value)
        }
    }

    /// The pairs, ordered by the bytes of their names.
    public let pairs: [Pair]

    /// A label set of these pairs in any order.
    ///
    /// - Precondition: no name occurs twice.
    /// - Complexity: O(n log n).
    public init(_ pairs: some Sequence<(name: String, value: String)>) {
        self.pairs =
            pairs.filter { !$0.value.isEmpty }
            .map { Pair(name: $0.name, value: $0.value) }
            .sorted { Labels.bytesPrecede($0.name, $1.name) }
        precondition(
            zip(self.pairs, self.pairs.dropFirst()).allSatisfy { !$0.name.utf8.elementsEqual($1.name.utf8) },
            "a label name occurs once in a label set"
        )
    }

    /// The label set of a dictionary.
    public init(_ dictionary: [String: String]) {
        self.init(dictionary.map { (name: $0.key, value: $0.value) })
    }

    /// The value of a label, or nil when it is absent. Names are compared by their bytes.
    ///
    /// - Complexity: O(n); label sets are short.
    public subscript(name: String) -> String? {
        pairs.first { areSameBytes($0.name, name) }?.value
    }

    /// Order by UTF-8 bytes, which is the order of Prometheus and of LevelDB keys. (Swift's own order of strings is
    /// by Unicode normalisation and would differ.)
    static func bytesPrecede(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension Labels: Comparable {
    /// Order by the first differing pair, name before value, a prefix first: the order of Prometheus's
    /// `labels.Compare`.
    public static func < (left: Labels, right: Labels) -> Bool {
        for (a, b) in zip(left.pairs, right.pairs) where a != b {
            return bytesPrecede(a.name, b.name) || !bytesPrecede(b.name, a.name) && bytesPrecede(a.value, b.value)
        }
        return left.pairs.count < right.pairs.count
    }
}

extension Labels: ExpressibleByDictionaryLiteral {
    /// A label set as a literal: `["campaign": "spring"]`.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension Labels: CustomStringConvertible {
    /// `{campaign="spring",device="mobile"}`, as in the text exposition format; `{}` when empty.
    public var description: String {
        pairs.isEmpty ? "{}" : expositionText
    }

    /// The label part of a line in the text exposition format as text; nothing when there is no label.
    public var expositionText: String {
        String(decoding: expositionBytes, as: UTF8.self)
    }

    /// The label part of a line in the text exposition format, escaped, in UTF-8; nothing when there is no label.
    ///
    /// Escapes backslash, double quote and line feed, as text format 0.0.4 and OpenMetrics 1.0 both ask.
    public var expositionBytes: [UInt8] {
        guard !pairs.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pairs.reduce(2) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        var separator = UInt8(ascii: "{")
        for pair in pairs {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            bytes.append(contentsOf: pair.name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(UInt8(ascii: "\""))
            Labels.appendEscaped(pair.value, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Appends a label's value with backslash, double quote and line feed escaped, as OpenMetrics escapes HELP too.
    package static func appendEscaped(_ value: String, to bytes: inout [UInt8]) {
        var value = value
        value.withUTF8 { text in
            guard text.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
                bytes.append(contentsOf: text)
                return
            }
            for byte in text {
                switch byte {
                case 0x5C, 0x22:
                    bytes.append(0x5C)
                    bytes.append(byte)
                case 0x0A:
                    bytes.append(0x5C)
                    bytes.append(UInt8(ascii: "n"))
                default:
                    bytes.append(byte)
                }
            }
        }
    }
}

extension Labels {
    /// Whether `name` can be a label of an exposed series: `[a-zA-Z_][a-zA-Z0-9_]*` and not a reserved `__` name.
    public static func isValidName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), !name.hasPrefix("__") else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
