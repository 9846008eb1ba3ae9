// SPDX-License-Identifier: Apache-2.0

public import PromQL
public import TimeSeries

/// What holds for all rules. The defaults are Prometheus's.
public struct RuleSettings: Sendable {
    /// Milliseconds between two evaluations of a group that names no interval. A minute.
    public var interval: Int64 = 60_000
    /// Labels that are added to notifications, and that templates see; not on recorded series.
    public var externalLabels: Labels = [:]
    /// Where people reach this server, without a slash at its end: the start of links.
    public var externalURL = ""
    /// An alert that fires is told again when so many milliseconds have passed. A minute.
    public var resendDelay: Int64 = 60_000
    /// For how many milliseconds a resolved alert is told again. A quarter of an hour.
    public var resolvedRetention: Int64 = 900_000
    /// How many milliseconds may lie between the last evaluation before a stop and the first after it for the state of
    /// alerts to be taken up again. An hour.
    public var outageTolerance: Int64 = 3_600_000
    /// After an outage an alert waits at least so many milliseconds before it fires, unless it fired already or its
    /// `for` is shorter: rules that look back need some data first. Ten minutes.
    public var graceForPeriod: Int64 = 600_000
    /// Whether recording rules may give native histograms; a store does not keep them yet.
    public var keepsHistograms = false
    /// What the query of a rule may cost. One thread: a rule is never in more of a hurry than the event path.
    public var queryOptions: QueryOptions = {
        var options = QueryOptions()
        options.threads = 1
        return options
    }()

    /// The defaults.
    public init() {}
}
