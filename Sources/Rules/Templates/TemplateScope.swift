// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What a template can see of the alert that it is expanded for.
public struct TemplateScope: Sendable {
    /// One element of the answer to a query that a template asks.
    public struct Sample: Sendable {
        /// The labels, `__name__` among them where the sample has one.
        public let labels: Labels
        /// The value.
        public let value: Double

        /// An element.
        public init(labels: Labels, value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    /// `$labels`, `.Labels`: the labels of the rule's sample.
    public var labels: Labels
    /// `$value`, `.Value`: the value of the rule's sample.
    public var value: Double
    /// `$externalLabels`, `.ExternalLabels`.
    public var externalLabels: Labels
    /// `$externalURL`, `.ExternalURL`.
    public var externalURL: String
    /// The time of the evaluation: what `now` gives.
    public var time: Timestamp
    /// Answers `query "…"` with an instant query at `time`; throws the reason as it is to be read.
    public var query: @Sendable (String) throws -> [Sample]

    /// A scope.
    public init(
        labels: Labels,
        value: Double,
        externalLabels: Labels = [:],
        externalURL: String = "",
        time: Timestamp,
        query: @escaping @Sendable (String) throws -> [Sample]
    ) {
        self.labels = labels
        self.value = value
        self.externalLabels = externalLabels
        self.externalURL = externalURL
        self.time = time
        self.query = query
    }
}
