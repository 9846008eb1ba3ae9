// SPDX-License-Identifier: Apache-2.0

/// One condition of a selector, `job=~"api|web"`: a test of the value that a series has for one label.
///
/// An absent label has the empty value, as in Prometheus: `x=""`, `x!="a"` and `x=~".*"` hold for a series without `x`.
/// Regular expressions are those of RE2, match the whole value, and their dot matches a line feed too (Prometheus
/// compiles `^(?s:…)$`).
public struct LabelMatcher: Sendable {
    /// How the value is compared.
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        /// The value is this.
        case equal = "="
        /// The value is not this.
        case notEqual = "!="
        /// The whole value matches the regular expression.
        case matches = "=~"
        /// The whole value does not match the regular expression.
        case doesNotMatch = "!~"

        /// Whether it holds for the values that the test does not accept.
        public var isNegative: Bool { self == .notEqual || self == .doesNotMatch }
    }

    /// The label's name; the metric name is `__name__`.
    public let name: String
    /// How the value is compared.
    public let operation: Operation
    /// What the value is compared with: a text or a regular expression.
    public let value: String
    /// Whether it holds for the empty value, and so for a series without the label.
    public let matchesEmpty: Bool

    private let test: ValueTest
    private let isNegative: Bool

    /// A matcher.
    ///
    /// - Throws: when `value` is not a regular expression and has to be one.
    /// - Complexity: O(length of the value), unless RE2 has to compile it, which takes some microseconds and more.
    public init(_ name: String, _ operation: Operation, _ value: String) throws(LabelMatcherError) {
        self.name = name
        self.operation = operation
        self.value = value
        switch operation {
        case .equal, .notEqual: test = .literals(LiteralSet([Array(value.utf8)]))
        case .matches, .doesNotMatch:
            do throws(PatternFault) {
                test = try ValueTest(pattern: value)
            } catch {
                throw LabelMatcherError(name: name, pattern: value, message: error.message)
            }
        }
        isNegative = operation.isNegative
        matchesEmpty = test.accepts(UnsafeBufferPointer(start: nil, count: 0)) != isNegative
    }

    /// The texts that the value is compared with, each once, ordered by bytes, when there are only so many: one for
    /// `=` and `!=`, all for a regular expression that names some texts. An index looks them up and scans no values.
    /// Nil when the regular expression says more.
    public var literals: [String]? {
        guard case .literals(let set) = test else { return nil }
        return set.strings
    }

    /// Whether it holds for every value.
    public var matchesEverything: Bool {
        guard case .everything = test else { return false }
        return !isNegative
    }

    /// Whether it holds for the value.
    public func matches(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { matches(utf8: $0) }
    }

    /// Whether it holds for the value with these bytes, which are valid UTF-8.
    ///
    /// - Complexity: O(bytes), when it is one of n literals O(bytes × log n); RE2 is called only for what has character
    ///   classes, flags, repetitions other than `.*` and `.+`, and the like.
    public func matches(utf8 value: UnsafeBufferPointer<UInt8>) -> Bool {
        test.accepts(value) != isNegative
    }
}

/// Two matchers are the same when name, operation and value are, byte for byte.
extension LabelMatcher: Hashable {
    /// Whether they are the same.
    public static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.operation == right.operation && left.name.utf8.elementsEqual(right.name.utf8)
            && left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Hashes name, operation and value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(operation)
        hasher.combine(value)
    }
}

/// A matcher whose value is not a regular expression.
public struct LabelMatcherError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The label's name.
    public let name: String
    /// What was given as a regular expression.
    public let pattern: String
    /// What is wrong with it, as Prometheus says it.
    public let message: String

    /// The message.
    public var description: String { message }
}
