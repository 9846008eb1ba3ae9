// SPDX-License-Identifier: Apache-2.0

/// Why a template cannot be read or expanded.
public struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The 1-based line of the template.
    public let line: Int
    /// What is wrong.
    public let reason: String

    /// An error.
    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    /// `line N: reason`.
    public var description: String { "line \(line): \(reason)" }
}

/// What a function of a template found wrong; the evaluation adds the line.
struct TemplateFault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
