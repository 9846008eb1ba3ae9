// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// The gauges that say what a baseline is, for rules to compare with.
///
/// They are set where their features are observed, once an hour of event time, so that they are live for as long as what
/// is compared with them, also in the past that a file brings. `docs/model-monitoring.md` says what each is.
public final class BaselineSeries {
    /// The families of the gauges.
    public static let families = [ratio, observations, missingRatio, position]

    private static let ratio = family("ratio", "Share of a baseline's observations that is in the bin.")
    private static let observations = family("observations", "Observations of a baseline, missing ones left out.")
    private static let missingRatio = family("missing_ratio", "Share of a baseline's values that was missing.")
    private static let position = family(
        "position",
        "Mean of a baseline's values in the bin, in its standard deviations."
    )

    private static func family(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(name: "model_feature_baseline_" + name, help: help, kind: .gauge, unit: .one)
    }

    private struct Feature {
        let baseline: Baseline
        let feature: FeatureBaseline
        var gauges: [(series: SeriesID, value: Double)]?
    }

    /// In which hours a feature's gauges have been set: the newest, a bit for each of the 64 before it, and of those that
    /// are further back the one that was set last: a file of the past comes hour by hour. One that does not is set again,
    /// which changes nothing.
    private struct Hours: BitwiseCopyable {
        var newest: Int64 = -1
        var before: UInt64 = 0
        var past: Int64 = -1

        /// Whether they are to be set in an hour, which counts as set then.
        mutating func takes(_ hour: Int64) -> Bool {
            if hour > newest {
                let distance = hour - newest
                before = before << UInt64(distance) | 1 << UInt64(distance - 1)
                newest = hour
                return true
            }
            let distance = newest - hour
            if distance == 0 { return false }
            if distance > 64 {
                defer { past = hour }
                return past != hour
            }
            let bit: UInt64 = 1 << UInt64(distance - 1)
            defer { before |= bit }
            return before & bit == 0
        }
    }

    private let resolution: SlotResolution
    private let directory: any SeriesDirectory
    /// By the feature's index among the bins; nil where another baseline is used in its place.
    private var features: [Feature?] = []
    private let hours: UnsafeMutableBufferPointer<Hours>

    init(_ schema: EventSchema, _ resolution: SlotResolution, _ directory: any SeriesDirectory) {
        self.resolution = resolution
        self.directory = directory
        for baseline in schema.baselines {
            for feature in baseline.features {
                guard let index = schema.featureBins.index(of: feature.name, in: baseline) else { continue }
                while features.count <= index { features.append(nil) }
                features[index] = Feature(baseline: baseline, feature: feature)
            }
        }
        hours = .copy(Array(repeating: Hours(), count: features.count))
    }

    deinit {
        hours.deallocate()
    }

    /// Sets the gauges of a feature that was observed, unless that was done for the hour.
    @inline(__always)
    func touch(_ index: Int, _ time: Int64, _ slot: Slot, _ commit: inout Commit) {
        let hour = time / 3_600_000
        if hours[index].newest != hour, hours[index].takes(hour) { set(index, time, slot, &commit) }
    }

    @inline(never)
    private func set(_ index: Int, _ time: Int64, _ slot: Slot, _ commit: inout Commit) {
        guard let feature = features[index] else { return }
        let gauges = feature.gauges ?? makeGauges(feature)
        features[index]?.gauges = gauges
        let detail = UInt32(time - resolution.start(of: slot).milliseconds)
        for gauge in gauges {
            commit.points.append(SeriesPoint(series: gauge.series, slot: slot, detail: detail, value: gauge.value))
        }
    }

    private func makeGauges(_ entry: Feature) -> [(series: SeriesID, value: Double)] {
        var labels = [
            (name: "model", value: entry.baseline.model),
            (name: "feature", value: entry.feature.name),
            (name: EachMember.baselineLabel, value: String(entry.baseline.number)),
        ]
        if let version = entry.baseline.version { labels.append((name: "version", value: version)) }
        func series(_ family: MetricFamily, _ bin: String? = nil) -> SeriesID {
            let all = Labels(labels + (bin.map { [(name: BinLabel.label, value: $0)] } ?? []))
            return directory.find(family: family, labels: all) ?? directory.create(family: family, labels: all)
        }
        var gauges = [
            (series: series(BaselineSeries.observations), value: Double(entry.feature.observations)),
            (series: series(BaselineSeries.missingRatio), value: entry.feature.missingRatio),
        ]
        for (bin, ratio) in zip(entry.feature.binLabels, entry.feature.ratios) {
            gauges.append((series: series(BaselineSeries.ratio, bin), value: ratio))
        }
        for (bin, position) in zip(entry.feature.binLabels, entry.feature.normalisedPositions ?? []) {
            gauges.append((series: series(BaselineSeries.position, bin), value: position))
        }
        return gauges
    }
}

extension FeatureBins {
    /// The index of a feature in a baseline, or nil when another baseline is used in its place.
    func index(of feature: String, in baseline: Baseline) -> Int? {
        var (model, version, name) = (baseline.model, baseline.version ?? "", feature)
        return model.withUTF8 { model in
            version.withUTF8 { version in
                name.withUTF8 { name in
                    let found = self.feature(name, of: self.model(model, version))
                    guard found != .none, baselineNumber(of: found) == baseline.number else { return nil }
                    return Int(found.index)
                }
            }
        }
    }
}
