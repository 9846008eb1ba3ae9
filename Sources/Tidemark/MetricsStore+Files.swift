// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Ingest
import TimeSeries

extension MetricsStore {
    /// Takes the events of a file, of any size: pieces of it are decoded in parallel and committed as they come.
    ///
    /// Blocks until all of it is durable. Memory is bounded, but for a JSON array, which is read whole (up to 1 GiB).
    ///
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - onReject: called for every reject, in the order of the file, with its line in the file.
    ///   - progress: called now and then with the bytes and events taken so far.
    /// - Throws: `io` when the file cannot be read, `invalidMapping`, `poisoned`, `closed`. What was committed before
    ///   stays, and a second run counts it as duplicates.
    public func ingest(
        file path: String,
        format: EventFormat = .auto,
        mapping: EventMapping? = nil,
        onReject: (Reject) -> Void = { _ in },
        progress: (_ bytes: Int, _ events: Int) -> Void = { _, _ in }
    ) throws(MetricsStoreError) -> IngestReport {
        var reader = try PieceReader(path)
        var ingest = FileIngest(store: self, mapping: mapping)
        let first = try reader.peek()
        let format = first.withUnsafeBytes { EventDecoder.format(format, mapping: mapping, text: $0) }
        guard format != .csv || mapping != nil else {
            throw MetricsStoreError(.invalidMapping, "\(path): CSV is read through a mapping; none was given")
        }
        switch format {
        case .json:
            let text = try reader.readAll(limit: 1 << 30)
            try ingest.addSerially(text, format: format, isLast: true, onReject)
            progress(text.count, ingest.events)
        case .csv:
            var carried: [UInt8] = []
            while let piece = try reader.next() {
                let text = carried + piece
                let consumed = try ingest.addSerially(text, format: format, isLast: false, onReject)
                carried = Array(text[consumed...])
                progress(reader.bytes, ingest.events)
            }
            try ingest.addSerially(carried, format: format, isLast: true, onReject)
        case .ndjson, .auto:
            while let piece = try reader.nextLines() {
                if mapping?.countsRows ?? false {
                    try ingest.addSerially(piece, format: format, isLast: true, onReject)
                } else {
                    try ingest.addInParallel(piece, onReject)
                }
                if !reader.hasMore {
                    // A pipe that has nothing to say for now: what it has said is not kept waiting.
                    try ingest.finishParallel(onReject)
                    commitNow()
                }
                progress(reader.bytes, ingest.events)
            }
            try ingest.finishParallel(onReject)
        }
        return try ingest.finish()
    }

    /// Blocks while the open commit is large, so that a fast reader does not run ahead of the disk.
    fileprivate func waitForRoom() {
        let limit = options.queue / 2
        monitor.wait { state in
            if case .poisoned = state.health { return () }
            return state.fillingBytes <= limit || state.isClosing ? () : nil
        }
    }
}

/// One file on its way into a store.
private struct FileIngest {
    private let store: MetricsStore
    private let mapping: EventMapping?
    private var report = IngestReport()
    private var lastPending: PendingIngest?
    private var line = 0
    private var isFirst = true
    /// Reads CSV, which is read by one decoder from beginning to end.
    private var serialDecoder: (engine: Engine, decoder: EventDecoder)?
    /// Pieces being decoded, oldest first.
    private var decoding: [DecodingPiece] = []
    private let threads = DecodingThreads()

    /// Events taken so far.
    var events: Int {
        report.accepted + report.duplicates + report.conflicts + report.rejected + report.unmatched
    }

    init(store: MetricsStore, mapping: EventMapping?) {
        self.store = store
        self.mapping = mapping
    }

    // MARK: - One after the other

    /// Decodes on this thread. Returns how many bytes were read.
    @discardableResult
    mutating func addSerially(
        _ text: [UInt8],
        format: EventFormat,
        isLast: Bool,
        _ onReject: (Reject) -> Void
    ) throws(MetricsStoreError) -> Int {
        store.waitForRoom()
        let engine = try store.acceptingEngine()
        // A file keeps its decoder, and with it the header and the row number, even when definitions are reloaded.
        let current = serialDecoder ?? (engine, makeDecoder(engine))
        serialDecoder = current
        let batch = text.withUnsafeBytes {
            current.decoder.decode(
                $0,
                format: format,
                arrival: store.options.clock.now,
                isFirst: isFirst,
                isLast: isLast
            )
        }
        isFirst = false
        guard try take(batch, bytes: batch.consumed, engine: current.engine, onReject) else {
            throw MetricsStoreError(.io, "the definitions were reloaded while this file was read; read it again")
        }
        return batch.consumed
    }

    // MARK: - In parallel

    mutating func addInParallel(_ piece: [UInt8], _ onReject: (Reject) -> Void) throws(MetricsStoreError) {
        if decoding.count > threads.count { try takeOldest(onReject) }
        store.waitForRoom()
        let engine = try store.acceptingEngine()
        let next = DecodingPiece(
            text: piece,
            engine: engine,
            mapping: mapping,
            arrival: store.options.clock.now,
            isFirst: isFirst
        )
        threads.decode(next)
        isFirst = false
        decoding.append(next)
    }

    mutating func finishParallel(_ onReject: (Reject) -> Void) throws(MetricsStoreError) {
        while !decoding.isEmpty { try takeOldest(onReject) }
    }

    private mutating func takeOldest(_ onReject: (Reject) -> Void) throws(MetricsStoreError) {
        let oldest = decoding.removeFirst()
        var batch = oldest.wait()
        var engine = oldest.engine
        while try !take(batch, bytes: oldest.text.count, engine: engine, onReject) {
            engine = try store.acceptingEngine()
            let decoder = makeDecoder(engine)
            batch = oldest.text.withUnsafeBytes {
                decoder.decode($0, format: .ndjson, arrival: store.options.clock.now, isFirst: false)
            }
        }
    }

    // MARK: - Both

    /// Whether the batch was taken; it is not when the engine is no longer the present one.
    private mutating func take(
        _ batch: EventBatch,
        bytes: Int,
        engine: Engine,
        _ onReject: (Reject) -> Void
    ) throws(MetricsStoreError) -> Bool {
        guard let pending = try store.add(batch, bytes: bytes, to: engine, isUrgent: false) else { return false }
        lastPending = pending
        var added = pending.report
        for index in added.errors.indices { added.errors[index].line += line }
        report.add(added)
        for reject in batch.rejects {
            onReject(Reject(line: reject.line + line, reason: reject.reason, message: reject.message))
        }
        line += batch.lines
        return true
    }

    private func makeDecoder(_ engine: Engine) -> EventDecoder {
        EventDecoder(schema: engine.schema, key: engine.key, mapping: mapping)
    }

    /// Waits until everything is durable.
    func finish() throws(MetricsStoreError) -> IngestReport {
        store.commitNow()
        _ = try lastPending?.wait()
        return report
    }
}

/// Reads a file in pieces of about a megabyte.
private struct PieceReader: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var ahead: [UInt8] = []
    private var isAtEnd = false
    private static let size = 1 << 20

    /// Bytes given out so far.
    private(set) var bytes = 0

    init(_ path: String) throws(MetricsStoreError) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MetricsStoreError(.io, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// The beginning, which is given out again: with the whole first line, unless that is longer than a piece.
    mutating func peek() throws(MetricsStoreError) -> [UInt8] {
        while ahead.count < PieceReader.size, !ahead.contains(0x0A) {
            let more = try readPiece()
            if more.isEmpty { break }
            ahead += more
        }
        return ahead
    }

    /// The next piece, or nil at the end.
    mutating func next() throws(MetricsStoreError) -> [UInt8]? {
        let piece = ahead.isEmpty ? try readPiece() : ahead
        ahead = []
        bytes += piece.count
        return piece.isEmpty ? nil : piece
    }

    /// The next piece that ends with a line, or nil at the end. Of a line that is longer than a line may be, only the
    /// beginning is given out, long enough to be rejected.
    mutating func nextLines() throws(MetricsStoreError) -> [UInt8]? {
        var text = ahead
        ahead = []
        while true {
            let end = text.lastIndex(of: 0x0A)
            if let end, text.count >= PieceReader.size / 2 || isAtEnd || !hasMore {
                ahead = Array(text[(end + 1)...])
                text.removeSubrange((end + 1)...)
                bytes += text.count
                return text
            }
            if end == nil, text.count > EventLimits.lineBytes + 2 {
                try skipLine()
                text.removeSubrange((EventLimits.lineBytes + 2)...)
                bytes += text.count
                return text + [0x0A]
            }
            let known = text.count
            text = try readPiece(behind: text)
            if text.count == known {
                isAtEnd = true
                if end != nil { continue }
                bytes += text.count
                return text.isEmpty ? nil : text
            }
        }
    }

    /// Whether a read would return at once: always for a file, for a pipe when something is in it or it is closed.
    var hasMore: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) != 0
    }

    mutating func readAll(limit: Int) throws(MetricsStoreError) -> [UInt8] {
        var text: [UInt8] = []
        while let piece = try next() {
            text += piece
            guard text.count <= limit else {
                throw MetricsStoreError(
                    .io,
                    "\(path): a JSON array is read whole, up to \(limit) bytes; give NDJSON instead"
                )
            }
        }
        return text
    }

    /// Passes over the rest of a line; what follows it is given out next.
    private mutating func skipLine() throws(MetricsStoreError) {
        while true {
            let piece = try readPiece()
            if piece.isEmpty { return }
            bytes += piece.count
            if let end = piece.firstIndex(of: 0x0A) {
                ahead = Array(piece[(end + 1)...])
                bytes -= ahead.count
                return
            }
        }
    }

    /// What is carried and up to a megabyte behind it; nothing more at the end.
    private func readPiece(behind carried: [UInt8] = []) throws(MetricsStoreError) -> [UInt8] {
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: carried.count + PieceReader.size) { buffer, count in
            count = carried.count
            guard let base = buffer.baseAddress else { return }
            _ = buffer.initialize(fromContentsOf: carried)
            var result: Int
            repeat {
                result = read(descriptor, base + count, PieceReader.size)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            count += max(0, result)
        }
        if failure != 0 { throw MetricsStoreError(.io, "\(path): \(String(cString: strerror(failure)))") }
        return piece
    }
}
