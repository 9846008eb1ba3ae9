// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB
internal import Glibc

/// Calls LevelDB and turns the error it reports, if any, into a ``LevelDBError``.
///
/// This is the only place where a `char **errptr` is read and freed. `leveldb/c.h` gives a `malloc`ed text that the
/// caller has to release, and leaves the pointer `NULL` when all is well.
func check<Result>(
    path: @autoclosure () -> String,
    _ call: (_ errptr: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(LevelDBError) -> Result {
    var text: UnsafeMutablePointer<CChar>?
    let result = call(&text)
    guard let text else { return result }
    let message = String(cString: text)
    leveldb_free(text)
    throw LevelDBError(message: message, path: path())
}

extension LevelDBError {
    /// Makes an error from LevelDB's text, which is all that its C interface lets out of a `Status`.
    init(message: String, path: String) {
        self.init(code: .init(message: message), message: message, path: path)
    }
}

extension LevelDBError.Code {
    /// Classifies a `Status::ToString()` of LevelDB 1.23: `<kind>: <context>: <reason>`.
    ///
    /// The context holds a path, which may contain anything, so only the two ends of the text are looked at. Reasons
    /// that come from the system are compared with what `strerror` says here and now, since LevelDB asks the same
    /// function and the answer follows the locale.
    init(message: String) {
        if message.hasPrefix("IO error: ") {
            self = Self(ioErrorMessage: message)
        } else if message.hasPrefix("Corruption: ") {
            self = .corruption
        } else if message.hasPrefix("Invalid argument: ") {
            self = Self(invalidArgumentMessage: message)
        } else if message.hasPrefix("NotFound: ") {
            self = .notFound
        } else if message.hasPrefix("Not implemented: ") {
            self = .notSupported
        } else {
            self = .other
        }
    }

    /// `PosixLockFile` says `lock <file>` in both of its failures; `fcntl` may answer either `EAGAIN` or `EACCES`.
    private init(ioErrorMessage message: String) {
        if message.hasPrefix("IO error: lock ") {
            let reasons = ["already held by process", systemText(EAGAIN), systemText(EACCES)]
            self = reasons.contains { message.hasSuffix($0) } ? .lockHeld : .ioError
        } else if message.hasSuffix(systemText(ENOSPC)) || message.hasSuffix(systemText(EDQUOT)) {
            self = .diskFull
        } else {
            self = .ioError
        }
    }

    private init(invalidArgumentMessage message: String) {
        if message.hasSuffix("does not exist (create_if_missing is false)") {
            self = .notFound
        } else if message.hasSuffix("exists (error_if_exists is true)") {
            self = .alreadyExists
        } else {
            self = .invalidArgument
        }
    }
}

/// The system's words for an `errno`, as LevelDB puts them at the end of its message.
private func systemText(_ number: CInt) -> String {
    String(cString: strerror(number))
}
