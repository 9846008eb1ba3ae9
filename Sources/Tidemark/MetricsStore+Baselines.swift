// SPDX-License-Identifier: Apache-2.0

public import Ingest
import PromQL
import Store
public import TimeSeries

extension MetricsStore {
    /// The baselines of all models, also those that newer ones have replaced, by model and number.
    public var baselines: [Baseline] {
        monitor.withLock { $0.engine.schema.baselines }
    }

    /// Makes a baseline the one of its model, or of a version of it, from the next event on. Those before it stay, and so
    /// does what was counted in their bins.
    ///
    /// - Returns: the baseline with its number, one more than the model's last.
    /// - Throws: `poisoned`, `closed`, `io`, `diskFull`; nothing has changed then.
    @discardableResult
    public func setBaseline(_ baseline: Baseline) throws(MetricsStoreError) -> Baseline {
        try monitor.withLock { state throws(MetricsStoreError) in
            try MetricsStore.checkAccepting(state)
            var numbered = baseline
            let numbers = state.engine.schema.baselines.filter { $0.model == baseline.model }.map(\.number)
            numbered.number = (numbers.max() ?? 0) + 1
            let engine = try state.engine.redefined(
                state.definitions,
                baselines: state.engine.schema.baselines + [numbered]
            )
            do throws(StoreError) {
                try engine.store.putBaseline(model: numbered.model, number: numbered.number, numbered.encoded())
            } catch {
                throw MetricsStoreError(error)
            }
            state.engine = engine
            return numbered
        }
    }

    /// Makes a baseline of what predictions between two times brought, and sets it.
    ///
    /// Features that were counted under a baseline keep its bins; others get quantile bins (``Baseline/make``).
    ///
    /// - Parameters:
    ///   - version: nil: predictions of every version, and a baseline for every version.
    ///   - start: inclusive, as far as a slot goes.
    ///   - end: exclusive.
    /// - Throws: `invalidOptions` when no feature was observed; as `setBaseline`.
    public func setBaseline(
        model: String,
        version: String? = nil,
        from start: Timestamp,
        to end: Timestamp,
        bins: Int = 10,
        topValues: Int = 20
    ) throws(MetricsStoreError) -> Baseline {
        guard start < end else { throw MetricsStoreError(.invalidOptions, "the window ends before it begins") }
        let counts = try featureCounts(model, version, start, end)
        // Bins of two baselines cannot be added up: those count under which most was observed.
        var observedUnder: [UInt32: UInt64] = [:]
        for observed in counts.observations {
            if let number = observed.baseline { observedUnder[number, default: 0] += observed.count }
        }
        let number = observedUnder.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        let existing = baselines.first { $0.model == model && $0.number == number }
        var window: [String: FeatureWindow] = [:]
        for (feature, observed) in Dictionary(grouping: counts.observations, by: \.feature) {
            let current = observed.filter { $0.baseline == existing?.number && existing != nil }
            let generic = observed.filter { $0.baseline == nil }
            let taken = current.reduce(0) { $0 + $1.count } >= generic.reduce(0) { $0 + $1.count } ? current : generic
            guard !taken.isEmpty else { continue }
            window[feature] = FeatureWindow(
                observations: Dictionary(taken.map { ($0.bin, $0.count) }, uniquingKeysWith: +),
                missing: counts.missing[feature] ?? 0,
                baseline: taken.first?.baseline
            )
        }
        guard !window.isEmpty else {
            throw MetricsStoreError(.invalidOptions, "no feature of the model '\(model)' was observed in that time")
        }
        let made: Baseline
        do throws(BaselineError) {
            made = try Baseline.make(
                model: model,
                version: version,
                created: options.clock.now,
                source: "predictions from \(start.rfc3339) to \(end.rfc3339)",
                window: window,
                existing: existing,
                bins: bins,
                topValues: topValues
            )
        } catch {
            throw MetricsStoreError(.invalidOptions, "\(error)")
        }
        return try setBaseline(made)
    }

    private struct Observed {
        let feature: String
        let baseline: UInt32?
        let bin: String
        let count: UInt64
    }

    /// What predictions between two times counted, exactly.
    private func featureCounts(
        _ model: String,
        _ version: String?,
        _ start: Timestamp,
        _ end: Timestamp
    ) throws(MetricsStoreError) -> (observations: [Observed], missing: [String: UInt64]) {
        let matchers =
            "model=\(QuotedText.string(model))" + (version.map { ",version=\(QuotedText.string($0))" } ?? "")
        let range = "[\(end.milliseconds - start.milliseconds)ms] anchored"
        func counts(_ labels: String, _ name: String) throws(MetricsStoreError) -> [(Labels, Double)] {
            let expression = "sum by (\(labels)) (increase(\(name){\(matchers)}\(range)))"
            do throws(QueryError) {
                guard case .vector(_, let columns) = try query(expression, at: end).value else { return [] }
                return zip(columns.labels, columns.values).map { ($0, $1) }
            } catch {
                throw MetricsStoreError(.io, "\(error)")
            }
        }
        let observations = try counts("feature, baseline, bin", "model_feature_observations_total").map {
            Observed(
                feature: $0.0["feature"] ?? "",
                baseline: $0.0["baseline"].flatMap { UInt32($0) },
                bin: $0.0["bin"] ?? "",
                count: UInt64(max($0.1.rounded(), 0))
            )
        }
        let missing = try counts("feature", "model_feature_missing_total").map {
            ($0.0["feature"] ?? "", UInt64(max($0.1.rounded(), 0)))
        }
        return (observations.filter { $0.count > 0 }, Dictionary(missing, uniquingKeysWith: +))
    }
}

extension SeriesStore {
    /// The baselines of all models.
    func baselines() throws(StoreError) -> [Baseline] {
        var baselines: [Baseline] = []
        for bytes in try baselineBytes() {
            var fault: ByteReader.Malformed?
            bytes.withUnsafeBytes { bytes in
                do throws(ByteReader.Malformed) {
                    baselines.append(try Baseline(decoding: bytes))
                } catch {
                    fault = error
                }
            }
            if let fault {
                throw StoreError(code: .corrupt, message: "\(path): a baseline is malformed at byte \(fault.offset)")
            }
        }
        return baselines
    }
}
