// SPDX-License-Identifier: Apache-2.0

extension FeatureBaseline {
    /// A numeric feature with quantile bins (``QuantileBins``) of these values.
    ///
    /// - Parameters:
    ///   - values: in ascending order, without NaN; infinities fall in the outer bins and do not count for means.
    ///   - bins: 2 to ``Baseline/mostBins``.
    /// - Complexity: O(n).
    init(name: String, sorted values: [Double], missing: UInt64, bins: Int) {
        let upperBounds = QuantileBins(sorted: values, bins: bins).upperBounds
        var weights = BinWeights(upperBounds: upperBounds)
        for value in values { weights.add(value, count: 1) }
        self.init(
            name: name,
            bins: .numeric(
                upperBounds: upperBounds,
                positions: weights.positions,
                standardDeviation: weights.standardDeviation { body in
                    for value in values { body(value, 1) }
                }
            ),
            counts: weights.counts,
            missing: missing
        )
    }

    /// A categorical feature.
    ///
    /// - Parameters:
    ///   - counts: of each value, as ``FeatureText/category(_:)`` spells it. Values that cannot be labels, for they are too
    ///     long or `other`, count as `other`.
    ///   - topValues: how many values have a bin of their own; of equally frequent ones the first by their bytes.
    init(name: String, counts: some Sequence<(value: String, count: UInt64)>, missing: UInt64, topValues: Int) {
        var sum: UInt64 = 0
        var values: [(value: String, count: UInt64)] = []
        for element in counts {
            sum += element.count
            let bytes = element.value.utf8.count
            if bytes > 0, bytes <= FeatureText.mostBytes, element.value != Baseline.otherBin { values.append(element) }
        }
        values.sort {
            $0.count != $1.count ? $0.count > $1.count : $0.value.utf8.lexicographicallyPrecedes($1.value.utf8)
        }
        let top = values.prefix(min(topValues, Baseline.mostCategories))
        self.init(
            name: name,
            bins: .categories(top.map(\.value)),
            counts: top.map(\.count) + [sum - top.reduce(0) { $0 + $1.count }],
            missing: missing
        )
    }
}

/// How many numbers are in each bin, and where they are. The numbers come in ascending order.
struct BinWeights {
    private let upperBounds: [Double]
    private(set) var counts: [UInt64]
    /// Means of the finite numbers, and how many these are.
    private var means: [Double]
    private var finite: [Double]
    private var bin = 0

    init(upperBounds: [Double]) {
        self.upperBounds = upperBounds
        counts = Array(repeating: 0, count: upperBounds.count + 1)
        means = Array(repeating: 0, count: counts.count)
        finite = means
    }

    /// Adds a number that is not less than the one before.
    mutating func add(_ value: Double, count: UInt64) {
        while bin < upperBounds.count, value > upperBounds[bin] { bin += 1 }
        counts[bin] += count
        guard value.isFinite, count > 0 else { return }
        finite[bin] += Double(count)
        // Halved, because the difference of two numbers may be beyond Float64.
        means[bin] += (value / 2 - means[bin] / 2) * (Double(count) / finite[bin]) * 2
    }

    /// For each bin the mean of its finite numbers; the place of an empty one by its bounds.
    var positions: [Double] {
        counts.indices.map { bin in
            if finite[bin] > 0 { return means[bin] }
            switch (bin > 0 ? upperBounds[bin - 1] : nil, bin < upperBounds.count ? upperBounds[bin] : nil) {
            case (let lower?, let upper?): return lower / 2 + upper / 2
            case (let bound?, nil), (nil, let bound?): return bound
            case (nil, nil): return 0
            }
        }
    }

    /// The standard deviation of all finite numbers, of the population.
    ///
    /// - Parameter forEach: calls with each number that was added, and its count.
    func standardDeviation(_ forEach: ((_ value: Double, _ count: UInt64) -> Void) -> Void) -> Double {
        let count = finite.reduce(0, +)
        guard count > 0 else { return 0 }
        let mean = zip(means, finite).reduce(0) { $0 + $1.0 * ($1.1 / count) }
        var largest = 0.0
        forEach { value, _ in
            if value.isFinite { largest = max(largest, (value / 2 - mean / 2).magnitude) }
        }
        guard largest > 0 else { return 0 }
        // In parts of the largest deviation, whose square may be beyond Float64.
        var squares = 0.0
        forEach { value, number in
            guard value.isFinite else { return }
            let part = (value / 2 - mean / 2) / largest
            squares += part * part * Double(number)
        }
        return min(2 * largest * (squares / count).squareRoot(), .greatestFiniteMagnitude)
    }
}
