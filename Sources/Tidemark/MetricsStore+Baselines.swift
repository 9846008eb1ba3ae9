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
    /// does what was counted in their bins. Returns once that is durable.
    ///
    /// - Returns: the baseline with its number, one more than the model's last.
    /// - Throws: `invalidOptions` when it is none that can be kept: features or categories of one name, bounds that do not
    ///   ascend, too many bins; `closed`; `poisoned`, when it is not known whether it counts.
    @discardableResult
    public func setBaseline(_ baseline: Baseline) throws(MetricsStoreError) -> Baseline {
        if let reason = baseline.fault { throw MetricsStoreError(.invalidOptions, reason) }
        let (numbered, group) = try monitor.withLock { state throws(MetricsStoreError) in
            try MetricsStore.checkAccepting(state)
            var numbered = baseline
            let numbers = state.engine.schema.baselines.filter { areSameBytes($0.model, baseline.model) }.map(\.number)
            numbered.number = (numbers.max() ?? 0) + 1
            state.engine = try state.engine.redefined(
                state.definitions,
                baselines: state.engine.schema.baselines + [numbered]
            )
            // It goes with the first events that may count in its bins.
            if !state.hasWaiters { state.filling.arrival = options.clock.now }
            state.filling.baselines.append(
                BaselineBlock(model: numbered.model, number: numbered.number, bytes: numbered.encoded())
            )
            state.hasWaiters = true
            state.isUrgent = true
            return (numbered, state.group)
        }
        monitor.wake()
        if let error = group.wait() { throw error }
        return numbered
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
        let existing = baselines.first { areSameBytes($0.model, model) && $0.number == number }
        var window: [ByteText: FeatureWindow] = [:]
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
        let feature: ByteText
        let baseline: UInt32?
        let bin: ByteText
        let count: UInt64
    }

    /// What predictions between two times counted, exactly.
    private func featureCounts(
        _ model: String,
        _ version: String?,
        _ start: Timestamp,
        _ end: Timestamp
    ) throws(MetricsStoreError) -> (observations: [Observed], missing: [ByteText: UInt64]) {
        let matchers =
            "model=\(QuotedText.string(model))" + (version.map { ",version=\(QuotedText.string($0))" } ?? "")
        let range = "[\(end.milliseconds - start.milliseconds)ms] anchored"
        func counts(_ labels: String, _ name: String) throws(MetricsStoreError) -> [(Labels, Double)] {
            let expression = "sum by (\(labels)) (increase(\(name){\(matchers)}\(range)))"
            do throws(QueryError) {
                guard case .vector(_, let columns) = try query(expression, at: end).value else {
                    preconditionFailure("a sum is a vector")
                }
                return zip(columns.labels, columns.values).map { ($0, $1) }
            } catch {
                // A limit of queries, or the store was closed.
                throw MetricsStoreError(.invalidOptions, "the window cannot be read: \(error)")
            }
        }
        let observations = try counts("feature, baseline, bin", "model_feature_observations_total").map {
            Observed(
                feature: ByteText($0.0["feature"] ?? ""),
                baseline: $0.0["baseline"].flatMap { UInt32($0) },
                bin: ByteText($0.0["bin"] ?? ""),
                count: UInt64(max($0.1.rounded(), 0))
            )
        }
        let missing = try counts("feature", "model_feature_missing_total").map {
            (ByteText($0.0["feature"] ?? ""), UInt64(max($0.1.rounded(), 0)))
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

extension Baseline {
    /// Why it cannot be kept: what its own reader refuses, which a store must not meet when it is opened.
    fileprivate var fault: String? {
        if model.isEmpty || features.isEmpty { return "a baseline has a model and features" }
        var isReadable = true
        encoded().withUnsafeBytes { bytes in
            do throws(ByteReader.Malformed) { _ = try Baseline(decoding: bytes) } catch { isReadable = false }
        }
        return isReadable
            ? nil
            : "the baseline of '\(model)' cannot be kept: names are different, bounds finite and ascending, at most "
                + "\(Baseline.mostBins) bins and \(Baseline.mostCategories) categories, none of them empty or '\(Baseline.otherBin)'"
    }
}
