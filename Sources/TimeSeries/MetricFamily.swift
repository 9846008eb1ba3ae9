// SPDX-License-Identifier: Apache-2.0

/// What the series of one metric name have in common.
public struct MetricFamily: Hashable, Sendable {
    /// What kind of series a definition makes. The raw value is written to disk and never reused.
    public enum Kind: UInt8, Sendable {
        /// Sums of increments that never go down.
        case counter = 1
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

    /// The metric name, for example `campaign_clicks_total`.
    public let name: String
    /// One sentence for the HELP line.
    public let help: String
    /// The kind of its series.
    public let kind: Kind
    /// The unit of its integers.
    public let unit: Unit

    /// A family of series.
    public init(name: String, help: String, kind: Kind, unit: Unit) {
        self.name = name
        self.help = help
        self.kind = kind
        self.unit = unit
    }

    /// Whether `name` can name a metric that any Prometheus reads: `[a-zA-Z_][a-zA-Z0-9_]*`. (Colons are kept for
    /// recording rules.)
    public static func isValidName(_ name: String) -> Bool {
        guard let first = name.utf8.first, Labels.isLetter(first) else { return false }
        return name.utf8.allSatisfy { Labels.isLetter($0) || (0x30...0x39).contains($0) }
    }
}
