// SPDX-License-Identifier: Apache-2.0

import PromQL
import Rules
import Synchronization
import TimeSeries

/// Writes what rules record into the store, and keeps what could not be written until it can be.
///
/// Thread safe.
final class RuleRecorder: Sendable {
    /// What became of samples since the start.
    struct Counts: Sendable {
        var written = 0
        var refused = 0
        /// Samples that were given up while the store could not be written.
        var dropped = 0
    }

    private struct State {
        /// What could not be written yet, in order of time.
        var unwritten: [RuleSample] = []
        /// How many samples have gone from its front, written or given up.
        var gone = 0
        var counts = Counts()
        /// Names that were refused already, each told once.
        var refusals: Set<String> = []
    }

    /// What a write needs; held for as long as one takes.
    private struct Writing {
        var writer: SampleWriter
        var batch = SampleBatch()
        var places: [Labels: UInt32] = [:]
    }

    /// So many samples are kept while nothing can be written, be the disk full or stalled; then the oldest go.
    private static let mostUnwritten = 1_000_000
    /// A table of more series than these is made anew: those of rules long gone must not stay for ever.
    private static let mostSeries = 2_000_000
    /// Samples handed to the store at a time, so that events get their turn.
    private static let slice = 5_000

    private let store: MetricsStore
    /// Never held while anything is written.
    private let state = Mutex(State())
    private let writing: Mutex<Writing>
    private let log: @Sendable (String) -> Void

    init(_ store: MetricsStore, log: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.log = log
        writing = Mutex(Writing(writer: store.sampleWriter()))
    }

    /// What became of samples since the start.
    var counts: Counts { state.withLock { $0.counts } }

    /// What is not in the store yet: to be laid over it by whoever evaluates next. To be read before the store is.
    var unwritten: [RuleSample] { state.withLock { $0.unwritten } }

    /// Writes samples; returns once they are durable, or kept for later. While another thread writes they are left to it,
    /// or to the next call: a disk that hangs holds up one thread.
    func record(_ samples: [RuleSample]) {
        state.withLock { state in
            state.unwritten += samples
            let excess = state.unwritten.count - RuleRecorder.mostUnwritten
            if excess > 0 {
                state.unwritten.removeFirst(excess)
                state.gone += excess
                state.counts.dropped += excess
            }
        }
        _ = writing.withLockIfAvailable { writing in write(&writing) }
    }

    /// Writes all there is, and waits for whoever writes now. For the end.
    func flush() {
        writing.withLock { writing in write(&writing) }
    }

    private func write(_ writing: inout Writing) {
        while true {
            let (samples, first) = state.withLock { ($0.unwritten, $0.gone) }
            guard !samples.isEmpty, store.health == .healthy else { return }
            if writing.places.count > RuleRecorder.mostSeries {
                writing = Writing(writer: store.sampleWriter())
            }
            var report = SampleReport()
            do throws(MetricsStoreError) {
                for start in stride(from: 0, to: samples.count, by: RuleRecorder.slice) {
                    for sample in samples[start..<min(samples.count, start + RuleRecorder.slice)] {
                        writing.batch.append(
                            series: RuleRecorder.place(of: sample.labels, in: &writing),
                            milliseconds: sample.time.milliseconds,
                            bits: sample.value.bitPattern
                        )
                    }
                    defer { writing.batch.removeSamples() }
                    report.add(try writing.writer.add(writing.batch))
                }
                try writing.writer.finish()
            } catch {
                return
            }
            let refusals = writing.writer.refusals
            let told = state.withLock { state -> [String] in
                // Some may have been given up meanwhile, and what came stands behind.
                let written = max(0, first + samples.count - state.gone)
                state.unwritten.removeFirst(written)
                state.gone += written
                state.counts.written += report.accepted
                state.counts.refused += report.refused
                return RuleRecorder.news(refusals, &state)
            }
            for line in told { log(line) }
        }
    }

    private static func place(of labels: Labels, in state: inout Writing) -> UInt32 {
        if let known = state.places[labels] { return known }
        let place = UInt32(state.batch.table.count)
        let name = labels["__name__"] ?? ""
        state.batch.table.append(
            SampleBatch.Series(
                family: MetricFamily(samplesNamed: name, help: "", type: .gauge),
                labels: labels.withoutName
            )
        )
        state.places[labels] = place
        return place
    }

    /// Names that are refused and were not told of before.
    private static func news(_ refusals: [String: String], _ state: inout State) -> [String] {
        refusals.sorted { $0.key < $1.key }.compactMap { name, reason in
            state.refusals.insert(name).inserted ? "what a rule records is refused: \(reason)" : nil
        }
    }
}
