// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// One receiver of remote write.
public struct RemoteWriteSettings: Equatable, Sendable {
    /// What it is called in logs, in metrics and in the file of cursors: with another name it is another receiver.
    public var name: String
    /// Where requests go.
    public var endpoint: EndpointSettings
    /// Which message is sent first; a receiver that does not know version 2 gets version 1.
    public var version = RemoteWriteVersion.v1
    /// Added to series that do not have them; nil: those of the whole configuration.
    public var externalLabels: Labels?
    /// Conditions of the metric name; all of them hold for a series that is sent.
    public var matchers: [LabelMatcher] = []
    /// The most samples of one request.
    public var batchSamples = 2_000
    /// How old a slot is when it is sent: so long is waited for late events, rules and other writers.
    public var settle: Duration = .seconds(60)
    /// Where a receiver begins that has no cursor yet; nil: with what comes from now on.
    public var from: Timestamp?

    /// The longest that one request may take; receivers write what they get.
    static let timeout: Duration = .seconds(30)

    /// A receiver with all defaults.
    public init(name: String, url: String) {
        self.name = name
        endpoint = EndpointSettings(url: url)
        endpoint.timeout = RemoteWriteSettings.timeout
    }

    /// A receiver at a URL, which is its name, without user and password.
    ///
    /// - Throws: `NotifyError` when that is no URL.
    public init(url: String) throws(NotifyError) {
        guard let parts = EndpointURL(url) else { throw NotifyError("a URL of remote write is not one") }
        self.init(name: parts.printable, url: url)
    }
}
