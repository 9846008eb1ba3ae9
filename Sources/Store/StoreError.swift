// SPDX-License-Identifier: Apache-2.0

import LevelDB

/// What can go wrong with a store. `description` is one line for an operator.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Its name.
        public let description: String

        /// Another process, or this one, has the directory open.
        public static let inUse = Code(description: "in use")
        /// Bytes on the disk are not what was written.
        public static let corrupt = Code(description: "corrupt")
        /// No room is left on the disk.
        public static let diskFull = Code(description: "disk full")
        /// The disk or the operating system failed otherwise.
        public static let io = Code(description: "input/output error")
        /// Something has the name of what was to be made.
        public static let exists = Code(description: "exists")
        /// It was given up before it was done, on request or because too much else was going on; nothing has changed.
        public static let interrupted = Code(description: "interrupted")
        /// The directory was made by another version, or with other settings.
        public static let incompatible = Code(description: "incompatible")
    }

    /// The class of the fault.
    public let code: Code
    /// What happened, without the damaged file where LevelDB does not tell it.
    private let text: String
    /// The database that has the damage then.
    private let damaged: String?

    /// What happened, with the path of the file.
    ///
    /// - Complexity: O(1); O(database) for corruption of which LevelDB does not tell the file: it is looked for when it is
    ///   told, and not where it is met, which may be under a lock.
    public var message: String {
        guard let damaged, let fault = DamagedFile.fault(inDatabase: damaged) else { return text }
        return "\(fault) (\(text))"
    }

    /// A fault.
    public init(code: Code, message: String) {
        self.code = code
        text = message
        damaged = nil
    }

    init(_ error: LevelDBError) {
        let code: Code =
            switch error.code {
            case .lockHeld: .inUse
            case .corruption: .corrupt
            case .diskFull: .diskFull
            default: .io
            }
        self.code = code
        text = "\(error.path): \(error.message)"
        damaged = code == .corrupt && !DamagedFile.isTold(error.message) ? error.path : nil
    }

    /// `code: message`.
    public var description: String { "\(code): \(message)" }
}

/// Runs what talks to LevelDB, so that a store throws one kind of error.
func storeErrors<Result>(_ body: () throws(LevelDBError) -> Result) throws(StoreError) -> Result {
    do throws(LevelDBError) {
        return try body()
    } catch {
        throw StoreError(error)
    }
}
