// SPDX-License-Identifier: Apache-2.0

import Store

/// What can go wrong with a `MetricsStore`. `description` is one line for an operator.
public struct MetricsStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Its name.
        public let description: String

        /// Another process has the data directory.
        public static let inUse = Code(description: "in use")
        /// A write failed; nothing is accepted until the cause is gone. What was not acknowledged may be sent again.
        public static let poisoned = Code(description: "poisoned")
        /// Too much is waiting to be written; try again in a moment.
        public static let queueFull = Code(description: "queue full")
        /// The store was closed.
        public static let closed = Code(description: "closed")
        /// CSV without a mapping.
        public static let invalidMapping = Code(description: "invalid mapping")
        /// Wrong options or definitions.
        public static let invalidOptions = Code(description: "invalid options")
        /// Bytes on the disk are not what was written.
        public static let corrupt = Code(description: "corrupt")
        /// No room is left on the disk.
        public static let diskFull = Code(description: "disk full")
        /// The data directory was made by another version, or with other settings.
        public static let incompatible = Code(description: "incompatible")
        /// Another one of its kind is under way.
        public static let busy = Code(description: "busy")
        /// Something has the name of what was to be made.
        public static let exists = Code(description: "exists")
        /// It was given up before it was done.
        public static let interrupted = Code(description: "interrupted")
        /// A file could not be read, or the disk failed.
        public static let io = Code(description: "input/output error")
    }

    /// The class of the fault.
    public let code: Code
    /// What happened.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: StoreError) {
        let code: Code =
            switch error.code {
            case .inUse: .inUse
            case .corrupt: .corrupt
            case .diskFull: .diskFull
            case .incompatible: .incompatible
            case .exists: .exists
            case .interrupted: .interrupted
            default: .io
            }
        self.init(code, error.message)
    }

    /// The message, with its class where the message alone would not say it.
    public var description: String {
        code == .corrupt || code == .diskFull ? "\(code): \(message)" : message
    }
}
