// SPDX-License-Identifier: Apache-2.0

public import Logging
import NIOCore
import Synchronization
public import Tidemark

/// Which rules are evaluated, how, and who is told.
public struct RuleConfiguration: Sendable {
    /// In the order of their files.
    public var groups: [RuleGroup]
    /// What holds for all of them.
    public var settings: RuleSettings
    /// Who is told of alerts.
    public var notify: NotifySettings

    /// A configuration.
    public init(
        groups: [RuleGroup],
        settings: RuleSettings = RuleSettings(),
        notify: NotifySettings = NotifySettings()
    ) {
        self.groups = groups
        self.settings = settings
        self.notify = notify
    }
}

/// What goes on beside the requests: rules are evaluated, alerts are sent, Tidemark scrapes itself.
public final class RuleService: Sendable {
    let engine: RuleEngine
    private let scrape: SelfScrape
    private let page: OwnPage
    private let delivery: AlertDelivery

    /// How long what is queued may take at the end.
    private static let closingTime: Duration = .seconds(5)

    /// Nothing runs before the server does.
    ///
    /// - Throws: `NotifyError` when somebody who is to be told cannot be.
    public init(store: MetricsStore, configuration: RuleConfiguration, logger: Logger) throws(NotifyError) {
        let page = OwnPage()
        let writer = SelfWriter(store.sampleWriter())
        let scrape = SelfScrape(
            page: { page.text },
            write: { batch throws(MetricsStoreError) in try writer.write(batch) },
            clock: store.options.clock
        )
        let delivery = try AlertDelivery(
            settings: configuration.notify,
            externalURL: configuration.settings.externalURL,
            notificationLog: store.directory + "/notification-log.json",
            logger: logger
        )
        var surroundings = RuleEngine.Surroundings()
        surroundings.currentSamples = { scrape.samples(at: $0) }
        surroundings.notify = { delivery.send($0) }
        surroundings.log = { logger.warning("\($0)") }
        engine = RuleEngine(
            store: store,
            groups: configuration.groups,
            settings: configuration.settings,
            surroundings: surroundings
        )
        self.scrape = scrape
        self.page = page
        self.delivery = delivery
    }

    /// What each of those who are told has been told.
    var destinations: [DestinationStatistics] { delivery.statistics }

    /// The addresses of the Alertmanagers, without secrets.
    var alertmanagers: [String] { delivery.alertmanagers }

    /// From now on the page about itself comes from here.
    func observe(_ render: @escaping @Sendable () -> ByteBuffer) {
        page.come(from: render)
    }

    /// Begins.
    func start() {
        scrape.start()
        engine.start()
    }

    /// Another configuration, of which all that can fail has been done.
    struct Prepared: Sendable {
        fileprivate var configuration: RuleConfiguration
        fileprivate var change: AlertDelivery.Change

        /// Gives it up.
        func abandon() { change.abandon() }
    }

    /// Opens what another configuration needs. Nothing has changed yet: ``apply(_:)`` comes next, or `abandon`.
    ///
    /// - Throws: `NotifyError` when somebody who is to be told cannot be.
    func prepare(_ configuration: RuleConfiguration) throws(NotifyError) -> Prepared {
        let change = try delivery.prepare(
            configuration.notify,
            externalURL: configuration.settings.externalURL
        )
        return Prepared(configuration: configuration, change: change)
    }

    /// Goes on with other rules, and tells others. Blocks while an evaluation is under way.
    func apply(_ prepared: Prepared) {
        delivery.apply(prepared.change)
        engine.reload(prepared.configuration.groups, settings: prepared.configuration.settings)
    }

    /// Ends; returns when nothing is written any more and what is queued was tried. An evaluation under way is broken off.
    func stop() async {
        let stop: @Sendable () -> Void = { [engine, scrape] in
            engine.stop()
            scrape.stop()
        }
        // It waits for the disk. Where there is no thread for that, it does so here.
        do {
            try await SenderThread.run(stop)
        } catch {
            stop()
        }
        await delivery.close(within: RuleService.closingTime)
    }
}

/// One thread at a time writes, and the table of series lives from scrape to scrape.
private final class SelfWriter: Sendable {
    private let writer: Mutex<SampleWriter>

    init(_ writer: sending SampleWriter) {
        self.writer = Mutex(writer)
    }

    func write(_ batch: SampleBatch) throws(MetricsStoreError) {
        try writer.withLock { writer throws(MetricsStoreError) in
            _ = try writer.add(batch)
            try writer.finish()
        }
    }
}
