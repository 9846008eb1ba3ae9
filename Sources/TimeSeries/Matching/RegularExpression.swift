// SPDX-License-Identifier: Apache-2.0

import CRE2

/// A compiled regular expression of RE2 that matches whole values; any number of threads may use it at once.
final class RegularExpression: @unchecked Sendable {  // RE2 objects are made for matching from many threads.
    /// What program and matching states may take. RE2's own bound; a pattern whose program is larger is refused, and
    /// one whose states are more is matched more slowly.
    static let mostMemory: Int64 = 8 << 20

    let regex: OpaquePointer

    /// Compiles a pattern.
    ///
    /// - Throws: what is wrong with it.
    convenience init(_ pattern: String) throws(PatternFault) {
        try self.init(pattern, captures: false)
    }

    /// - Parameter captures: whether groups are asked for, which costs when matching.
    init(_ pattern: String, captures: Bool) throws(PatternFault) {
        var pattern = pattern
        let compiled = pattern.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) {
                captures
                    ? cre2_compile_capturing($0.baseAddress, $0.count, RegularExpression.mostMemory)
                    : cre2_compile($0.baseAddress, $0.count, RegularExpression.mostMemory)
            }
        }
        guard let compiled else { throw PatternFault(reason: "out of memory", part: pattern) }
        let fault = cre2_regex_fault(compiled)
        guard fault == CRE2_OK else {
            var length = 0
            let start = cre2_fault_text(compiled, &length)
            let part = UnsafeRawBufferPointer(start: start, count: length)
            let error = PatternFault(reason: fault.reason, part: String(decoding: part, as: UTF8.self))
            cre2_free(compiled)
            throw error
        }
        regex = compiled
    }

    deinit { cre2_free(regex) }

    /// Whether the whole value matches.
    func matches(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        cre2_matches(regex, value.baseAddress, value.count) != 0
    }
}

/// What is wrong with a pattern.
struct PatternFault: Error {
    /// What is wrong.
    let reason: String
    /// Where.
    let part: String

    /// As Go's `regexp/syntax`, and with it Prometheus, says it.
    var message: String { "error parsing regexp: \(reason): `\(part)`" }
}

extension cre2_fault {
    /// In the words of Go's `regexp/syntax`.
    fileprivate var reason: String {
        switch self {
        case CRE2_BAD_ESCAPE: "invalid escape sequence"
        case CRE2_BAD_CLASS: "invalid character class"
        case CRE2_BAD_RANGE: "invalid character class range"
        case CRE2_MISSING_BRACKET: "missing closing ]"
        case CRE2_MISSING_PAREN: "missing closing )"
        case CRE2_UNEXPECTED_PAREN: "unexpected )"
        case CRE2_TRAILING_BACKSLASH: "trailing backslash at end of expression"
        case CRE2_REPEAT_ARGUMENT: "missing argument to repetition operator"
        case CRE2_REPEAT_SIZE: "invalid repeat count"
        case CRE2_REPEAT_OPERATOR: "invalid nested repetition operator"
        case CRE2_BAD_PERL_OPERATOR: "invalid or unsupported Perl syntax"
        case CRE2_BAD_UTF8: "invalid UTF-8"
        case CRE2_BAD_CAPTURE: "invalid named capture"
        case CRE2_TOO_LARGE: "expression too large"
        default: "internal error"
        }
    }
}
