// SPDX-License-Identifier: Apache-2.0

/// Why the server did not start or could not go on; `description` is one clear line.
public struct ServerError: Error, CustomStringConvertible, Sendable {
    /// What kind of failure; more may come.
    public struct Code: Hashable, Sendable {
        private let raw: String

        /// The listen address cannot be read.
        public static let invalidAddress = Code(raw: "invalidAddress")
        /// The address is in use, not this machine's, or not allowed.
        public static let cannotListen = Code(raw: "cannotListen")
        /// The last commit before the stop failed.
        public static let closeFailed = Code(raw: "closeFailed")
    }

    /// What kind of failure.
    public var code: Code
    /// One line for a person.
    public var message: String

    /// One line for a person.
    public var description: String { message }
}
