// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// A store that does what a test says: it accepts every line, refuses, or holds its commits until told.
final class FakeStore: EventStore {
    /// One call of `submit`.
    struct Submission: Equatable {
        var text: String
        var format: EventFormat
        var mapping: String?
    }

    private struct State {
        var submissions: [Submission] = []
        var submitRefusal: StoreRefusal?
        var commitRefusal: StoreRefusal?
        var answer: IngestAnswer?
        var health = MetricsStore.Health.healthy
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var closes = 0
        var reloads: [[MetricDefinition]] = []
        var reloadRefusal: StoreRefusal?
        var statistics = StoreStatistics()
    }

    private let state = Mutex(State())
    private let source: any TotalsSource
    private let samples: any SeriesSource
    private let beforeBaseline: @Sendable () -> Void

    init(
        totals: any TotalsSource = FakeTotals(),
        series: any SeriesSource = InMemorySeries(),
        submitRefusal: StoreRefusal? = nil,
        commitRefusal: StoreRefusal? = nil,
        answer: IngestAnswer? = nil,
        beforeBaseline: @escaping @Sendable () -> Void = {}
    ) {
        self.beforeBaseline = beforeBaseline
        source = totals
        samples = series
        state.withLock {
            $0.submitRefusal = submitRefusal
            $0.commitRefusal = commitRefusal
            $0.answer = answer
        }
    }

    // MARK: - What tests see and steer

    var submissions: [Submission] { state.withLock { $0.submissions } }
    /// The definitions of each reload that was not refused.
    var reloads: [[MetricDefinition]] { state.withLock { $0.reloads } }

    /// From now on definitions are refused.
    func refuseReloads(_ refusal: StoreRefusal?) { state.withLock { $0.reloadRefusal = refusal } }

    /// What the store says of itself.
    func tell(_ statistics: StoreStatistics) { state.withLock { $0.statistics = statistics } }

    var closes: Int { state.withLock { $0.closes } }

    var health: MetricsStore.Health {
        get { state.withLock { $0.health } }
        set { state.withLock { $0.health = newValue } }
    }

    /// From now on commits wait for ``release()``.
    func hold() { state.withLock { $0.isHolding = true } }

    /// Lets all held commits, and all later ones, go.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.isHolding = false
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Returns when `count` commits are being held.
    func waitForHeld(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.count >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    // MARK: - EventStore

    func submit(
        _ bytes: UnsafeRawBufferPointer,
        format: EventFormat,
        mapping: EventMapping?
    ) throws(StoreRefusal) -> PendingAnswer {
        let text = String(decoding: bytes, as: UTF8.self)
        let (refusal, commitRefusal, answer) = state.withLock { state in
            if state.submitRefusal == nil {
                state.submissions.append(Submission(text: text, format: format, mapping: mapping?.name))
            }
            return (state.submitRefusal, state.commitRefusal, state.answer)
        }
        if let refusal { throw refusal }
        let lines = text.split(separator: "\n").count
        return { () async throws(StoreRefusal) -> IngestAnswer in
            await self.waitIfHeld()
            if let commitRefusal { throw commitRefusal }
            return answer ?? IngestAnswer(accepted: lines)
        }
    }

    func sampleWriter() -> any SampleAppending { FakeSampleWriter() }
    func totals() -> any TotalsSource { source }
    func series() throws(StoreRefusal) -> any SeriesSource { samples }
    func statistics() -> StoreStatistics { state.withLock { $0.statistics } }
    func reload(definitions: [MetricDefinition]) throws {
        try state.withLock { state in
            if let refusal = state.reloadRefusal { throw refusal }
            state.reloads.append(definitions)
        }
    }

    var baselines: [Baseline] { [] }
    func setBaseline(_ baseline: Baseline) throws(StoreRefusal) -> Baseline {
        beforeBaseline()
        return baseline
    }

    func setBaseline(
        model: String,
        version: String?,
        from start: Timestamp,
        to end: Timestamp,
        bins: Int,
        topValues: Int
    ) throws(StoreRefusal) -> Baseline {
        throw StoreRefusal(kind: .badRequest, message: "this store has seen nothing")
    }

    func backup(to path: String) throws(MetricsStoreError) -> BackupReport {
        BackupReport(path: path, bytes: 4_096, commits: 3)
    }

    func close() throws(StoreRefusal) { state.withLock { $0.closes += 1 } }

    private func waitIfHeld() async {
        await withCheckedContinuation { continuation in
            let (isHeld, woken) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.isHolding else { return (false, []) }
                state.held.append(continuation)
                let count = state.held.count
                let woken = state.waiters.filter { $0.count <= count }.map(\.continuation)
                state.waiters.removeAll { $0.count <= count }
                return (true, woken)
            }
            if !isHeld { continuation.resume() }
            for waiter in woken { waiter.resume() }
        }
    }
}

/// Accepts everything.
final class FakeSampleWriter: SampleAppending {
    let refusals: [String: String] = [:]

    func add(_ batch: SampleBatch) throws(StoreRefusal) -> SampleReport {
        var report = SampleReport()
        report.accepted = batch.count
        return report
    }

    func finish() throws(StoreRefusal) {}
}

/// Totals written down in a test.
struct FakeTotals: TotalsSource {
    struct Row: Sendable {
        var labels: String
        var units: Int128
        var inexact = 0.0
        var created: Int64 = 1_700_000_000_123
        var value = 0.0
        var bins: [Int64] = []
    }

    var families: [SeriesFamily] = []
    var rows: [Row] = []

    mutating func add(
        _ name: String,
        help: String = "Help.",
        kind: PageText.Kind = .counter,
        decimals: Int = 0,
        bounds: [Double] = [],
        _ newRows: [Row]
    ) {
        families.append(
            SeriesFamily(
                name: name,
                help: help,
                kind: kind,
                decimals: decimals,
                bounds: bounds,
                rows: rows.count..<rows.count + newRows.count
            )
        )
        rows += newRows
    }

    func withLabelText<R>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        var text = rows[row].labels
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    func total(_ row: Int) -> (units: Int128, inexact: Double) {
        (rows[row].units, rows[row].inexact)
    }

    func value(_ row: Int) -> Double { rows[row].value }
    func bins(_ row: Int) -> [Int64] { rows[row].bins }
    func created(_ row: Int) -> Int64 { rows[row].created }
    func append(to page: inout PageText) { appendFamilies(of: self, to: &page) }
}
