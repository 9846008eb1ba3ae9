// SPDX-License-Identifier: Apache-2.0

/// A piece of a template.
struct TemplateToken {
    enum Kind: Equatable {
        /// What stands outside of actions.
        case text
        case leftDelimiter, rightDelimiter
        /// Space in an action: it separates arguments.
        case space
        case dot
        /// `.name`.
        case field
        /// `$` or `$name`.
        case variable
        /// The name of a function.
        case identifier
        case keyword(Keyword)
        case bool
        case number, character, string, rawString
        case declare, assign, pipe, openParenthesis, closeParenthesis
        /// A character that may be in an action, such as a comma.
        case other
        /// What is wrong; no token follows it.
        case fault
        case end
    }

    /// A word with a meaning of its own.
    enum Keyword: String {
        case block, `break`, `continue`, define, `else`, end, `if`, `nil`, range, template, with
    }

    let kind: Kind
    /// As it is written; of a fault, what is wrong.
    let text: String
    /// The 1-based line that it begins on.
    let line: Int

    /// For messages.
    var description: String {
        switch kind {
        case .end: "the end of the text"
        case .keyword: "{{\(text)}}"
        case .leftDelimiter, .rightDelimiter: text
        default: "\"\(text)\""
        }
    }
}
