// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TidemarkServer

/// Where rejected events go: the first 20 to stderr, all to `--rejects FILE`, the rest as counts by reason.
///
/// A line is `file:line: reason: message`. In the rejects file the offending line itself follows after a tab, when it can
/// be had: `cut -f2-` gives the lines to repair and send again.
final class RejectLog: Sendable {
    private struct State {
        var shown = 0
        var known = 0
        var countByReason: [String: Int] = [:]
    }

    /// As many as the HTTP answer lists.
    static let shownAtMost = 20

    private let state = Mutex(State())
    private let output: RejectFile?
    private let show: @Sendable (String) -> Void

    /// - Parameters:
    ///   - path: the file for all rejects, made or emptied; nil for none.
    ///   - show: prints one line; stderr but for tests.
    init(path: String?, show: @escaping @Sendable (String) -> Void = printError) throws {
        output = try path.map(RejectFile.init)
        self.show = show
    }

    /// Whether the text of rejected lines is of use.
    var wantsText: Bool { output != nil }

    /// Notes one reject.
    func add(file: String, line: Int, reason: String, message: String, text: String? = nil) {
        let entry = "\(file == "-" ? "stdin" : file):\(line): \(reason): \(message)"
        state.withLock { state in
            state.known += 1
            state.countByReason[reason, default: 0] += 1
            if state.shown < Self.shownAtMost {
                state.shown += 1
                show(entry)
            }
            output?.write(text.map { "\(entry)\t\($0)" } ?? entry)
        }
    }

    /// After the last event: what was not shown, by reason.
    ///
    /// - Parameter rejected: all rejects there were; a server names only the first 20 of a batch.
    func finish(rejected: Int) throws {
        state.withLock { state in
            if rejected > state.shown {
                let counts = state.countByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                var text = counts.map { "\($0.key) \($0.value)" }
                if rejected > state.known { text.append("not named by the server \(rejected - state.known)") }
                show("\(rejected) rejected: \(text.joined(separator: ", "))")
            }
        }
        try output?.close()
    }
}

/// The rejects file.
private final class RejectFile: Sendable {
    // Only used under RejectLog's lock; FILE does its own locking besides.
    private nonisolated(unsafe) let stream: UnsafeMutablePointer<FILE>
    private let path: String

    init(_ path: String) throws {
        guard let stream = fopen(path, "we") else { throw CommandFailure("\(path): \(errorText(errno))") }
        self.stream = stream
        self.path = path
    }

    func write(_ line: String) {
        fputs(line, stream)
        fputs("\n", stream)
    }

    /// - Throws: ``CommandFailure`` when not everything could be written.
    func close() throws {
        let hadError = ferror(stream) != 0
        let isClosed = fflush(stream) == 0
        guard !hadError, isClosed else { throw CommandFailure("\(path): \(errorText(errno))") }
    }

    deinit {
        fclose(stream)
    }
}
