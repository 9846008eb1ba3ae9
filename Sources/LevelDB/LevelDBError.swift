// SPDX-License-Identifier: Apache-2.0

/// What LevelDB refused to do, in which database, and in its own words.
///
/// A key that is not there is not an error: ``Database/get(_:)-([UInt8])`` answers `nil`.
///
/// ```swift
/// do {
///     let database = try Database.open(at: path)
/// } catch where error.code == .lockHeld {
///     print("\(error.path) is open elsewhere")
/// }
/// ```
public struct LevelDBError: Error, Sendable, Hashable {
    /// What kind of failure it is, for code that has to decide.
    public var code: Code

    /// LevelDB's own message, with the file it is about and the system's reason; for people and logs.
    public var message: String

    /// The directory of the database concerned, as it was given to ``Database/open(at:options:)``.
    public var path: String

    /// Makes an error; for tests and for layers that stand in for LevelDB.
    public init(code: Code, message: String, path: String) {
        self.code = code
        self.message = message
        self.path = path
    }
}

extension LevelDBError {
    /// A kind of failure. New kinds may be added, so a `switch` over codes needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the static it was made from: `"diskFull"` for ``diskFull``.
        public let description: String

        /// There is no database at the path and none was to be created, or a file LevelDB needs is gone.
        public static let notFound = Code(description: "notFound")

        /// There is a database at the path and ``Options/errorIfExists`` was set.
        public static let alreadyExists = Code(description: "alreadyExists")

        /// The database is open already, in this process or in another one. Nothing was changed.
        public static let lockHeld = Code(description: "lockHeld")

        /// Bytes on disk are not the bytes that were written. Restore from a backup; see ``Database`` on repair.
        public static let corruption = Code(description: "corruption")

        /// The disk or the quota is full. Reads go on; writes are refused until the database is opened anew.
        public static let diskFull = Code(description: "diskFull")

        /// Any other failure of the file system: permissions, too many open files, a broken device.
        public static let ioError = Code(description: "ioError")

        /// LevelDB does not accept an argument, such as a database made with another key order.
        public static let invalidArgument = Code(description: "invalidArgument")

        /// This build of LevelDB cannot do it.
        public static let notSupported = Code(description: "notSupported")

        /// A message of a form that LevelDB 1.23 is not known to produce.
        public static let other = Code(description: "other")
    }
}

extension LevelDBError: CustomStringConvertible {
    /// One line for a log: the path, the kind, and LevelDB's message.
    public var description: String { "LevelDB at \(path): \(code): \(message)" }
}
