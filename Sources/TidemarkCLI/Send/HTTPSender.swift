// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TidemarkServer

/// Sends files to a server in batches over a few connections, until each batch is acknowledged.
///
/// A batch is sent again after a refused or lost connection, 429, 502, 503 and 504. The server's deduplication makes
/// that safe for events with an id, also when only the answer was lost.
struct HTTPSender: Sendable {
    /// Enough to keep a group commit filling while another is synced.
    static let connections = 4

    private let server: ServerURL
    private let client: HTTPClientConfig
    private let patience: Patience
    private let rejects: RejectLog
    private let progress: ProgressLine
    private let hasWarned = Flag()

    /// - Parameters:
    ///   - client: who we are, and whom we trust.
    ///   - patience: how long nothing may be acknowledged before the command fails.
    ///   - rejects: where rejected events go.
    ///   - progress: the line on the terminal.
    init(
        server: ServerURL,
        as client: HTTPClientConfig = HTTPClientConfig(),
        patience: Duration,
        rejects: RejectLog,
        progress: ProgressLine
    ) {
        self.server = server
        self.client = client
        self.patience = Patience(patience)
        self.rejects = rejects
        self.progress = progress
    }

    /// Sends everything.
    ///
    /// - Throws: ``CommandFailure``. What was acknowledged by then is in the server's store.
    func send(files: [String], format: IngestCommand.Format, mapping: String?) async throws -> IngestTotals {
        let reader = BatchReader(files: files, format: format)
        defer { reader.stop() }
        let head = requestHead(mapping: mapping)
        return try await withThrowingTaskGroup(of: IngestTotals.self) { group in
            for _ in 0..<Self.connections {
                group.addTask {
                    var worker = Worker(sender: self, head: head)
                    defer { worker.close() }
                    var totals = IngestTotals()
                    while let batch = try await reader.next() {
                        totals += try await worker.deliver(batch)
                    }
                    return totals
                }
            }
            var totals = IngestTotals()
            for try await part in group { totals += part }
            return totals
        }
    }

    private func requestHead(mapping: String?) -> HTTPRequestHead {
        var uri = server.prefix + "/api/v1/events"
        if let mapping {
            // The server knows mappings by name: the file's, without folder and extension.
            let file = mapping.split(separator: "/").last.map(String.init) ?? mapping
            let name = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
            uri += "?mapping=" + percentEncoded(name)
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: uri, headers: ["Host": server.authority])
    }

    // MARK: - One connection

    /// One connection after another, one request at a time.
    private struct Worker {
        let sender: HTTPSender
        let head: HTTPRequestHead
        var connection: HTTPConnection?

        /// Sends a batch until the server has answered for it.
        mutating func deliver(_ batch: Batch) async throws -> IngestTotals {
            var backoff = Backoff()
            while true {
                let reason: String
                var retryAfter: Int?
                do {
                    let answer = try await post(batch)
                    switch answer.status {
                    case 429, 502, 503, 504:
                        reason = ServerAnswer(answer.body)?.error ?? "HTTP status \(answer.status)"
                        retryAfter = answer.retryAfter
                    default:
                        return try sender.accept(answer, of: batch)
                    }
                } catch let error as any RetriableError where error.isRetriable {
                    reason = error.reason
                    close()
                } catch let error as NIOConnectionError {
                    throw CommandFailure("\(sender.server): there is no host '\(error.host)'")
                } catch let error as any RetriableError {
                    throw CommandFailure("\(sender.server): \(error.reason)")
                }
                let wait = backoff.next(retryAfter: retryAfter)
                guard wait < sender.patience.left else {
                    throw CommandFailure(
                        "\(sender.server): gave up after \(sender.patience.limit) without progress: \(reason)"
                    )
                }
                sender.warnOnce(reason)
                try await Task.sleep(for: wait)
            }
        }

        private mutating func post(_ batch: Batch) async throws -> HTTPAnswer {
            let open: HTTPConnection
            if let connection {
                open = connection
            } else {
                open = try await HTTPConnection.open(to: sender.server, as: sender.client)
                connection = open
            }
            var head = head
            head.headers.add(name: "Content-Type", value: batch.contentType)
            head.headers.add(name: "Content-Length", value: String(batch.body.readableBytes))
            let timeout = TimeAmount(max(sender.patience.left, .milliseconds(1)))
            let answer = try await open.exchange(head, body: batch.body, timeout: timeout)
            if !answer.isKeptAlive { close() }
            return answer
        }

        mutating func close() {
            connection?.close()
            connection = nil
        }
    }

    // MARK: - Answers

    /// Adds up a final answer, and notes the rejects under the file's line numbers.
    private func accept(_ answer: HTTPAnswer, of batch: Batch) throws -> IngestTotals {
        let parsed = ServerAnswer(answer.body)
        // 400 with counts: every event of this batch was rejected, which is an answer like any other.
        guard answer.status == 200 || answer.status == 400, let totals = parsed?.totals else {
            let reason = parsed?.error ?? "HTTP status \(answer.status)"
            throw CommandFailure("\(server): \(batch.file):\(batch.firstLine): \(reason)")
        }
        patience.noteProgress()
        if let errors = parsed?.errors, !errors.isEmpty {
            progress.clear()
            for error in errors {
                rejects.add(
                    file: batch.file,
                    line: batch.firstLine + error.line - 1,
                    reason: error.reason,
                    message: error.message,
                    text: rejects.wantsText ? batch.text(ofLine: error.line) : nil
                )
            }
        }
        progress.add(bytes: batch.body.readableBytes, events: totals.events)
        return totals
    }

    private func warnOnce(_ reason: String) {
        guard hasWarned.raise() else { return }
        printError("tidemark: \(server): \(reason); trying again for up to \(patience.limit) without progress")
    }
}

/// Something that happens once.
private final class Flag: Sendable {
    private let isRaised = Atomic(false)

    /// True the first time.
    func raise() -> Bool {
        !isRaised.exchange(true, ordering: .relaxed)
    }
}

/// What a failed connection failed of, in a few words.
func connectionReason(_ error: any Error) -> String {
    (error as? any RetriableError)?.reason ?? "\(error)"
}

// MARK: - Errors worth another try

/// An error that may go away by itself.
private protocol RetriableError: Error {
    var isRetriable: Bool { get }
    var reason: String { get }
}

extension HTTPConnectionError: RetriableError {
    fileprivate var isRetriable: Bool { true }
    fileprivate var reason: String { description }
}

extension IOError: RetriableError {
    fileprivate var isRetriable: Bool { true }
    fileprivate var reason: String { errorText(errnoCode) }
}

extension ChannelError: RetriableError {
    fileprivate var isRetriable: Bool { true }
    fileprivate var reason: String { "the connection was lost" }
}

extension NIOSSLError: RetriableError {
    /// A server that is being restarted may break off a handshake; one that is not trusted stays so.
    fileprivate var isRetriable: Bool { !isDistrust }
    fileprivate var reason: String {
        guard isDistrust else { return "TLS failed: \(self)" }
        return "the server's certificate is not valid, or no authority that is trusted here has signed it"
    }

    private var isDistrust: Bool { "\(self)".contains("CERTIFICATE_VERIFY_FAILED") }
}

extension NIOSSLExtraError: RetriableError {
    fileprivate var isRetriable: Bool { false }
    fileprivate var reason: String { "the server's certificate is not made out to this host" }
}

extension NIOConnectionError: RetriableError {
    /// A name that does not resolve is a typing error more often than an outage.
    fileprivate var isRetriable: Bool { !connectionErrors.isEmpty }
    fileprivate var reason: String {
        switch connectionErrors.first?.error {
        case let error as IOError: errorText(error.errnoCode)
        case let error?: "\(error)"
        case nil: "\(self)"
        }
    }
}
