// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// How much has been read.
public struct ExpositionCounts: Hashable, Sendable {
    /// Samples that were put into the batch.
    public var samples = 0
    /// Lines that were not read because something is wrong with them.
    public var faults = 0
    /// Exemplars, which are read and dropped.
    public var exemplars = 0
    /// Lines of any kind.
    public var lines = 0

    /// Nothing yet.
    public init() {}
}

/// Reads samples out of text 0.0.4 or OpenMetrics, given in pieces that are cut anywhere.
///
/// What is good is taken, and each line that is not is told; whether a text keeps all rules of OpenMetrics is for
/// `OpenMetricsValidator` to say. Both formats are read leniently: blanks between the parts, CR before the line end,
/// comments, blank lines and the quoted UTF-8 names of Prometheus 3 are taken in either. A series has the type and the
/// help that stood above its first sample. NaN becomes the one NaN of Prometheus, never a staleness marker.
///
/// ```swift
/// let reader = ExpositionReader(.text)
/// while let piece = nextPiece() {
///     reader.read(piece, arrival: clock.now)
///     try sink.append(reader.batch)
///     reader.removeSamples()
/// }
/// reader.finish(arrival: clock.now)  // may hold one more sample, of a last line without a line end
/// ```
///
/// One thread at a time.
public final class ExpositionReader {
    private let state: UnsafeBox<ExpositionState>

    /// A reader of that format; see ``ExpositionFormat/detect(tail:)``.
    public init(_ format: ExpositionFormat) {
        state = UnsafeBox(ExpositionState(format))
    }

    /// The samples since ``removeSamples()``, and all series since the beginning.
    public var batch: SampleBatch { state.pointer.pointee.batch }

    /// The faults since ``removeSamples()``, by line.
    public var faults: [ExpositionFault] { state.pointer.pointee.faults }

    /// What has been read since the beginning.
    public var counts: ExpositionCounts { state.pointer.pointee.counts }

    /// Reads a piece of the text. The line that it ends in is kept until the next piece completes it.
    ///
    /// - Parameters:
    ///   - piece: bytes behind those of the piece before; not used after the call.
    ///   - arrival: the time of samples that say none.
    /// - Complexity: O(n), without allocating for lines whose series is known.
    public func read(_ piece: UnsafeRawBufferPointer, arrival: Timestamp) {
        state.pointer.pointee.read(piece, arrival: arrival.milliseconds)
    }

    /// Ends the text: reads a last line without a line end, and tells when an OpenMetrics text has no `# EOF`. A next
    /// text may follow; it begins with line 1 and without metadata, and its series are looked up in the same table.
    public func finish(arrival: Timestamp) {
        state.pointer.pointee.finish(arrival: arrival.milliseconds)
    }

    /// Forgets samples and faults; the series and the memory stay.
    public func removeSamples() {
        state.pointer.pointee.batch.removeSamples()
        state.pointer.pointee.faults.removeAll()
    }
}
