// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Ingest
public import Store
public import TimeSeries

/// What became of the samples of a file.
public struct ImportReport: Sendable {
    /// By the rules of sample series.
    public var samples = SampleReport()
    /// Lines that were no samples, and were left out.
    public var faults = 0
    /// Why all samples of a metric name were refused, by name.
    public var refusals: [String: String] = [:]
}

extension MetricsStore {
    /// Takes the samples of a text file in Prometheus's text format or OpenMetrics, of any size.
    ///
    /// Blocks until all are durable. A series' samples have to come in the order of time; older ones than it has are
    /// refused, so that nothing is doubled when an import that was broken off is repeated.
    ///
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - format: nil finds out from the end of the file; a pipe is taken for text.
    ///   - onFault: called for each line that is no sample.
    ///   - progress: called now and then with the bytes and samples read so far.
    /// - Throws: `io` when the file cannot be read, `poisoned`, `closed`. What was committed before stays.
    public func importSamples(
        file path: String,
        format: ExpositionFormat? = nil,
        onFault: (ExpositionFault) -> Void = { _ in },
        progress: (_ bytes: Int, _ samples: Int) -> Void = { _, _ in }
    ) throws(MetricsStoreError) -> ImportReport {
        var file = try PieceReader(path)
        let writer = sampleWriter()
        let found: ExpositionFormat
        if let format { found = format } else { found = try .detect(file: path) }
        let reader = ExpositionReader(found)
        var report = ImportReport()
        func take() throws(MetricsStoreError) {
            report.samples.add(try writer.add(reader.batch))
            for fault in reader.faults { onFault(fault) }
            reader.removeSamples()
            progress(file.bytes, reader.counts.samples)
        }
        let piece = PieceBuffer(capacity: 1 << 20)
        while true {
            piece.count = 0
            guard try file.next(behind: piece) else { break }
            reader.read(piece.bytes, arrival: options.clock.now)
            try take()
            if !file.hasMore { commitNow() }
        }
        reader.finish(arrival: options.clock.now)
        try take()
        try writer.finish()
        report.faults = reader.counts.faults
        report.refusals = writer.refusals
        return report
    }

    // MARK: - Reading

    /// The series as they are now: a source for queries and exports, that later commits do not change.
    ///
    /// - Throws: `io` when the store is closed.
    public func view() throws(MetricsStoreError) -> SeriesView {
        while true {
            let engine = monitor.withLock { $0.engine }
            do throws(StoreError) {
                return try engine.store.view(now: options.clock.now, idleTimeout: options.idleTimeout)
            } catch {
                // It may have been opened again a moment ago.
                guard monitor.withLock({ $0.engine !== engine }) else { throw MetricsStoreError(error) }
            }
        }
    }

    /// The length of a slot in seconds.
    public var resolution: Int {
        monitor.withLock { $0.engine.store.resolution.seconds }
    }

    /// Writes all that is in the journal into chunks and has the files rewritten without what is no longer needed.
    /// Commits go on meanwhile, up to a bound.
    ///
    /// - Throws: `poisoned`, `closed`, and what makes the store poisoned; `interrupted` when it is closed meanwhile.
    /// - Complexity: O(everything).
    public func compact() throws(MetricsStoreError) {
        commitNow()
        let claimed = monitor.wait { state -> Result<Engine, MetricsStoreError>? in
            do throws(MetricsStoreError) {
                try MetricsStore.checkAccepting(state)
            } catch {
                return .failure(error)
            }
            guard !state.isCheckpointing else { return nil }
            state.isCheckpointing = true
            return .success(state.engine)
        }
        let engine = try claimed.get()
        defer {
            monitor.withLock { $0.isCheckpointing = false }
            monitor.wake()
        }
        trim(engine, options.clock.now)
        do throws(StoreError) {
            try engine.store.compact { self.isStopping }
        } catch {
            if error.code != .interrupted { poison(error, nil) }
            throw MetricsStoreError(error)
        }
    }
}

extension ExpositionFormat {
    /// The format of a file, by its end; text for what has no end yet.
    static func detect(file path: String) throws(MetricsStoreError) -> ExpositionFormat {
        guard path != "-" else { return .text }
        // A named pipe would be waited for here, and has no end to look at.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw MetricsStoreError(.io, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            return .text
        }
        let size = status.st_size
        return withUnsafeTemporaryAllocation(byteCount: tailBytes, alignment: 1) { tail in
            let count = pread(descriptor, tail.baseAddress, tail.count, max(0, size - off_t(tailBytes)))
            return detect(tail: UnsafeRawBufferPointer(rebasing: tail[..<max(count, 0)]))
        }
    }
}
