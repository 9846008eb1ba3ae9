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
        var writer: SampleWriter
        var batch = SampleBatch()
        var places: [Labels: UInt32] = [:]
        /// What could not be written yet, in order of time.
        var unwritten: [RuleSample] = []
        var counts = Counts()
        /// Names that were refused already, each told once.
        var refusals: Set<String> = []
    }

    /// So many samples are kept while the store cannot be written; then the oldest go.
    private static let mostUnwritten = 1_000_000
    /// A table of more series than these is made anew: those of rules long gone must not stay for ever.
    private static let mostSeries = 2_000_000

    private let store: MetricsStore
    private let state: Mutex<State>
    private let log: @Sendable (String) -> Void

    init(_ store: MetricsStore, log: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.log = log
        state = Mutex(State(writer: store.sampleWriter()))
    }

    /// What became of samples since the start.
    var counts: Counts { state.withLock { $0.counts } }

    /// What is not in the store yet: to be laid over it by whoever evaluates next.
    var unwritten: [RuleSample] { state.withLock { $0.unwritten } }

    /// Writes samples; returns once they are durable, or kept for later.
    func record(_ samples: [RuleSample]) {
        let told = state.withLock { state -> [String] in
            state.unwritten += samples
            if state.unwritten.isEmpty { return [] }
            if state.places.count > RuleRecorder.mostSeries {
                state.writer = store.sampleWriter()
                state.batch = SampleBatch()
                state.places.removeAll()
            }
            for sample in state.unwritten {
                state.batch.append(
                    series: RuleRecorder.place(of: sample.labels, in: &state),
                    milliseconds: sample.time.milliseconds,
                    bits: sample.value.bitPattern
                )
            }
            defer { state.batch.removeSamples() }
            do throws(MetricsStoreError) {
                let report = try state.writer.add(state.batch)
                try state.writer.finish()
                state.counts.written += report.accepted
                state.counts.refused += report.refused
                state.unwritten = []
                return RuleRecorder.news(&state)
            } catch {
                let excess = state.unwritten.count - RuleRecorder.mostUnwritten
                if excess > 0 {
                    state.unwritten.removeFirst(excess)
                    state.counts.dropped += excess
                }
                return []
            }
        }
        for line in told { log(line) }
    }

    private static func place(of labels: Labels, in state: inout State) -> UInt32 {
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
    private static func news(_ state: inout State) -> [String] {
        state.writer.refusals.sorted { $0.key < $1.key }.compactMap { name, reason in
            state.refusals.insert(name).inserted ? "what a rule records is refused: \(reason)" : nil
        }
    }
}
