// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The family whose lines are being read, and what OpenMetrics asks of it.
struct OpenMetricsFamily {
    let name: String
    /// The 1-based line that it begins with.
    let firstLine: Int
    private var lastLine: Int
    private(set) var type: MetricType = .unknown
    private(set) var hasSamples = false

    private var hasType = false
    private var hasHelp = false
    private var unit: String?

    /// The metric that is being read: its labels without those that tell its samples apart.
    private var metric: [UInt8]?
    private var metrics: Set<[UInt8]> = []
    private var timestamp: Double?
    /// The samples of the metric so far that have its present timestamp.
    private var pointSamples: Set<[UInt8]> = []
    private var histogram = HistogramPoint()

    /// A family of which nothing but the name is known.
    init(_ name: String, line: Int) {
        self.name = name
        firstLine = line
        lastLine = line
    }

    // MARK: - Metadata

    mutating func setHelp() throws(SyntaxFault) {
        guard !hasHelp else { throw SyntaxFault("a second HELP of '\(name)'") }
        hasHelp = true
    }

    mutating func setType(_ type: MetricType) throws(SyntaxFault) {
        guard !hasType else { throw SyntaxFault("a second TYPE of '\(name)'") }
        hasType = true
        self.type = type
        try checkUnit()
    }

    mutating func setUnit(_ text: UnsafeBufferPointer<UInt8>) throws(SyntaxFault) {
        guard unit == nil else { throw SyntaxFault("a second UNIT of '\(name)'") }
        guard text.allSatisfy({ LineCursor.isNameByte($0, first: false, colons: true) }) else {
            throw SyntaxFault("no unit: \(SyntaxFault.quoted(text))")
        }
        let unit = String(decoding: text, as: UTF8.self)
        guard unit.isEmpty || name.hasSuffix("_" + unit) else {
            throw SyntaxFault("the name '\(name)' does not end with its unit, '_\(unit)'")
        }
        self.unit = unit
        try checkUnit()
    }

    private func checkUnit() throws(SyntaxFault) {
        guard let unit, !unit.isEmpty, type == .info || type == .stateSet else { return }
        throw SyntaxFault("'\(name)' of type \(type.name) has a unit")
    }

    // MARK: - Samples

    /// Whether a sample of that name belongs to the family.
    func owns(_ sample: String) -> Bool {
        sample.hasPrefix(name) && type.sampleSuffixes.contains(String(sample.dropFirst(name.count)))
    }

    mutating func add(_ sample: OpenMetricsSample, line: Int) throws(SyntaxFault) {
        hasSamples = true
        let suffix = String(sample.name.dropFirst(name.count))
        try checkLabels(sample, suffix)
        try checkValue(sample, suffix)
        try checkOrder(sample, suffix)
        if type == .histogram || type == .gaugeHistogram { try histogram.add(sample, suffix) }
        if sample.exemplar != nil { try checkExemplar(sample, suffix) }
        lastLine = line
    }

    /// Ends the family.
    mutating func finish() throws(SyntaxFault) {
        try endPoint()
    }

    private mutating func endPoint() throws(SyntaxFault) {
        if type == .histogram || type == .gaugeHistogram, metric != nil {
            do throws(SyntaxFault) {
                try histogram.check()
            } catch {
                throw SyntaxFault(error.reason, line: lastLine)
            }
        }
        histogram = HistogramPoint()
        pointSamples = []
    }

    /// Metrics stand together, their timestamps go forward, and no sample is there twice.
    private mutating func checkOrder(_ sample: OpenMetricsSample, _ suffix: String) throws(SyntaxFault) {
        // Which labels of an info sample are its metric's and which its information cannot be told.
        if type == .info { return }
        let labels = sample.key(without: partLabel(suffix))
        if labels == metric {
            guard (timestamp == nil) == (sample.timestamp == nil) else {
                throw SyntaxFault("samples of one metric, with and without timestamp")
            }
            if let last = timestamp, let now = sample.timestamp {
                guard now >= last else { throw SyntaxFault("the timestamp is before that of the line above") }
                if now > last { try endPoint() }
            }
        } else {
            guard !metrics.contains(labels) else {
                throw SyntaxFault("the samples of the metric \(String(decoding: labels, as: UTF8.self)) are apart")
            }
            try endPoint()
            metrics.insert(labels)
            metric = labels
        }
        timestamp = sample.timestamp
        let isNew = pointSamples.insert(Array(sample.name.utf8) + sample.key()).inserted
        // Times closer than a writer's clock may come out equal; without times there is one point only.
        guard isNew || timestamp != nil else { throw SyntaxFault("the same sample twice, without timestamps") }
    }

    /// The label that tells the samples of one metric apart.
    private func partLabel(_ suffix: String) -> String? {
        switch type {
        case .histogram, .gaugeHistogram: suffix == "_bucket" ? "le" : nil
        case .summary: suffix == "" ? "quantile" : nil
        case .stateSet: name
        default: nil
        }
    }

    private func checkLabels(_ sample: OpenMetricsSample, _ suffix: String) throws(SyntaxFault) {
        switch type {
        case .stateSet where sample[name] == nil:
            throw SyntaxFault("a state without the label '\(name)'")
        case .summary where suffix == "":
            let quantile = sample["quantile"].flatMap(decimal)
            guard let quantile, quantile >= 0, quantile <= 1 else {
                throw SyntaxFault("no label quantile between 0 and 1")
            }
        default: break
        }
    }

    private func checkValue(_ sample: OpenMetricsSample, _ suffix: String) throws(SyntaxFault) {
        let value = sample.value
        switch type {
        case .stateSet where value != 0 && value != 1:
            throw SyntaxFault("the value of a state is neither 0 nor 1")
        case .info where value != 1:
            throw SyntaxFault("the value of an info is not 1")
        case .summary where suffix == "" && value < 0:
            throw SyntaxFault("a quantile is negative")
        default: break
        }
        switch suffix {
        case "_total", "_sum", "_count", "_bucket", "_gcount", "_gsum":
            guard !value.isNaN else { throw SyntaxFault("the value of \(sample.name) is NaN") }
            // The sum of a gauge histogram depends on its buckets.
            guard value >= 0 || suffix == "_gsum" else { throw SyntaxFault("the value of \(sample.name) is negative") }
        default: break
        }
        if ["_bucket", "_count", "_gcount"].contains(suffix), value.rounded() != value || value.isInfinite {
            throw SyntaxFault("the value of \(sample.name) is not a whole number")
        }
    }

    private func checkExemplar(_ sample: OpenMetricsSample, _ suffix: String) throws(SyntaxFault) {
        guard suffix == "_bucket" || suffix == "_total" else {
            throw SyntaxFault("an exemplar on \(sample.name); only counters and buckets have them")
        }
        if suffix == "_bucket", let exemplar = sample.exemplar, let bound = sample["le"].flatMap(decimal) {
            guard exemplar <= bound else { throw SyntaxFault("the exemplar's value lies outside of its bucket") }
        }
    }
}

/// The number that a label's value spells, or nil.
func decimal(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { NumberText.value(of: $0, .verdict) }
}
