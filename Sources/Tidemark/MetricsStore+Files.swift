// SPDX-License-Identifier: Apache-2.0

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
        let format = EventDecoder.format(format, mapping: mapping, text: try reader.peek())
        guard format != .csv || mapping != nil else {
            throw MetricsStoreError(.invalidMapping, "\(path): CSV is read through a mapping; none was given")
        }
        switch format {
        case .json:
            let text = try reader.readAll(limit: 1 << 30)
            try ingest.addSerially(text.bytes, format: format, isLast: true, onReject)
            progress(text.count, ingest.events)
        case .csv:
            let text = ingest.spareBuffer()
            while try reader.next(behind: text) {
                text.removeFirst(try ingest.addSerially(text.bytes, format: format, isLast: false, onReject))
                if !reader.hasMore { commitNow() }
                progress(reader.bytes, ingest.events)
            }
            try ingest.addSerially(text.bytes, format: format, isLast: true, onReject)
        case .ndjson, .auto:
            while true {
                let piece = ingest.spareBuffer()
                guard try reader.nextLines(into: piece) else { break }
                if mapping?.countsRows ?? false {
                    try ingest.addSerially(piece.bytes, format: format, isLast: true, onReject)
                    ingest.giveBack(piece)
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
    func waitForRoom() {
        let limit = options.queue / 2
        monitor.wait { state in
            if case .poisoned = state.health { return () }
            if state.isClosing { return () }
            return state.fillingBytes <= limit && !state.engine.store.isBehind ? () : nil
        }
    }
}

/// One file on its way into a store.
private struct FileIngest {
    private let store: MetricsStore
    private let mapping: EventMapping?
    private var report = IngestReport()
    private var pending = PendingCommits()
    private var line = 0
    private var isFirst = true
    /// Reads CSV, which is read by one decoder from beginning to end.
    private var serialDecoder: (engine: Engine, decoder: EventDecoder)?
    /// Pieces being decoded, oldest first.
    private var decoding: [DecodingPiece] = []
    private let threads = DecodingThreads()
    /// Memory of pieces and batches that are done with, to be filled again.
    private var spareBuffers: [PieceBuffer] = []
    private var spentBatches: [EventBatch] = []

    /// Events taken so far.
    var events: Int {
        report.accepted + report.duplicates + report.conflicts + report.rejected + report.unmatched
    }

    init(store: MetricsStore, mapping: EventMapping?) {
        self.store = store
        self.mapping = mapping
    }

    /// A buffer to read the next piece into.
    mutating func spareBuffer() -> PieceBuffer {
        spareBuffers.popLast() ?? PieceBuffer(capacity: PieceReader.size * 2)
    }

    /// Takes back a buffer that nobody reads any more.
    mutating func giveBack(_ buffer: PieceBuffer) {
        spareBuffers.append(buffer)
    }

    // MARK: - One after the other

    /// Decodes on this thread. Returns how many bytes were read.
    @discardableResult
    mutating func addSerially(
        _ text: UnsafeRawBufferPointer,
        format: EventFormat,
        isLast: Bool,
        _ onReject: (Reject) -> Void
    ) throws(MetricsStoreError) -> Int {
        store.waitForRoom()
        let engine = try store.acceptingEngine()
        // A file keeps its decoder, and with it the header and the row number, even when definitions are reloaded.
        let current = serialDecoder ?? (engine, makeDecoder(engine))
        serialDecoder = current
        let batch = current.decoder.decode(
            text,
            format: format,
            arrival: store.options.clock.now,
            isFirst: isFirst,
            isLast: isLast,
            reusing: spentBatches.popLast()
        )
        isFirst = false
        guard try take(batch, bytes: batch.consumed, engine: current.engine, onReject) else {
            throw MetricsStoreError(.io, "the definitions were reloaded while this file was read; read it again")
        }
        defer { spentBatches.append(batch) }
        return batch.consumed
    }

    // MARK: - In parallel

    mutating func addInParallel(_ piece: PieceBuffer, _ onReject: (Reject) -> Void) throws(MetricsStoreError) {
        if decoding.count > threads.count { try takeOldest(onReject) }
        store.waitForRoom()
        let engine = try store.acceptingEngine()
        let next = DecodingPiece(
            text: piece,
            engine: engine,
            mapping: mapping,
            arrival: store.options.clock.now,
            isFirst: isFirst,
            spent: spentBatches.popLast()
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
            batch = makeDecoder(engine).decode(
                oldest.text.bytes,
                format: .ndjson,
                arrival: store.options.clock.now,
                isFirst: false
            )
        }
        giveBack(oldest.text)
        spentBatches.append(batch)
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
        self.pending.add(pending.group)
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
    mutating func finish() throws(MetricsStoreError) -> IngestReport {
        store.commitNow()
        try pending.wait()
        return report
    }
}
