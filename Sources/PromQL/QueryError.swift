// SPDX-License-Identifier: Apache-2.0

/// Why a query has no answer. One query fails, the process goes on.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Of which sort it is; the raw value is the `errorType` of Prometheus's query API.
    public enum Kind: String, Hashable, Sendable {
        /// The text is not PromQL, or a parameter is wrong.
        case badData = "bad_data"
        /// It is PromQL, but cannot be answered with these data; or a limit is exceeded.
        case execution
        /// Whoever asked has gone away.
        case canceled
        /// It took longer than allowed.
        case timeout
        /// The store cannot be read.
        case `internal`
    }

    /// Of which sort it is.
    public let kind: Kind
    /// What is wrong, in Prometheus's words where it has some. Of a text that is not PromQL with the place, as in
    /// `1:5: parse error: unexpected end of input`.
    public let message: String
    /// Where in the text, when it is about a place.
    public let position: SourceRange?

    /// An error.
    public init(_ kind: Kind, _ message: String, at position: SourceRange? = nil) {
        self.kind = kind
        self.message = message
        self.position = position
    }

    /// The message.
    public var description: String { message }
}
