// SPDX-License-Identifier: Apache-2.0

/// What the series of one metric name have in common.
public struct MetricFamily: Hashable, Sendable {
    /// What kind of series it has. The raw value is written to disk and never reused.
    public enum Kind: UInt8, Sendable {
        /// Event series: sums of increments that never go down.
        case counter = 1
        /// Event series: the last value set.
        case gauge = 2
        /// Event series: counts of observations by bucket, and their sum.
        case histogram = 3
        /// Event series: how many different values a field had.
        case distinct = 4
        /// Samples as others wrote them.
        case samples = 5
    }

    /// How the integers of a series are to be read. The raw value is written to disk and never reused.
    public enum Unit: UInt8, Sendable {
        /// Whole events.
        case one = 0
        /// Decimal values in millionths, summed exactly.
        case micro = 6

        /// How many decimal digits an integer unit has behind the point.
        public var decimals: Int { Int(rawValue) }
    }

    /// The metric name, for example `campaign_clicks_total`. A histogram reads as three names that begin with it.
    public let name: String
    /// One sentence for the HELP line.
    public let help: String
    /// The kind of its series.
    public let kind: Kind
    /// The unit of its integers. Of a histogram: of its sum, always `micro`.
    public let unit: Unit
    /// Of a histogram: the upper bounds of its buckets, inclusive, ascending, finite; +Inf is not in it.
    public let bounds: [Double]
    /// What Prometheus calls it.
    public let type: MetricType

    /// A family of event series.
    ///
    /// - Precondition: `bounds` are ascending and finite, and given exactly for a histogram; the kind is not `samples`.
    public init(name: String, help: String, kind: Kind, unit: Unit, bounds: [Double] = []) {
        precondition(kind == .histogram || bounds.isEmpty, "only a histogram has bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && bounds.allSatisfy(\.isFinite))
        let type: MetricType =
            switch kind {
            case .counter: .counter
            case .histogram: .histogram
            case .gauge, .distinct: .gauge
            case .samples: preconditionFailure("the type of samples is given")
            }
        self.name = name
        self.help = help
        self.kind = kind
        self.unit = unit
        self.bounds = bounds
        self.type = type
    }

    /// A family of sample series.
    ///
    /// - Parameter name: the name of the samples: `http_requests_total`, not `http_requests`.
    public init(samplesNamed name: String, help: String, type: MetricType) {
        self.name = name
        self.help = help
        kind = .samples
        unit = .one
        bounds = []
        self.type = type
    }

    /// Whether `name` can name an event metric that any Prometheus reads: `[a-zA-Z_][a-zA-Z0-9_]*`.
    ///
    /// - Parameter allowsColons: whether there may be colons, too, which are kept for recording rules.
    public static func isValidName(_ name: String, allowsColons: Bool = false) -> Bool {
        func isAllowed(_ byte: UInt8) -> Bool { Labels.isLetter(byte) || allowsColons && byte == UInt8(ascii: ":") }
        guard let first = name.utf8.first, isAllowed(first) else { return false }
        return name.utf8.allSatisfy { isAllowed($0) || (0x30...0x39).contains($0) }
    }
}

/// The types of OpenMetrics. The raw value is written to disk and never reused.
public enum MetricType: UInt8, Sendable {
    /// Not said.
    case unknown = 0
    /// Goes up only.
    case counter = 1
    /// Goes up and down.
    case gauge = 2
    /// Cumulative buckets, a sum and a count.
    case histogram = 3
    /// Buckets that go up and down.
    case gaugeHistogram = 4
    /// Quantiles, a sum and a count.
    case summary = 5
    /// Labels as information.
    case info = 6
    /// One of several states.
    case stateSet = 7

    /// Its name in OpenMetrics and in Prometheus's API.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .gaugeHistogram: "gaugehistogram"
        case .summary: "summary"
        case .info: "info"
        case .stateSet: "stateset"
        }
    }
}
