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
    private let page: PageBox
    private let delivery: DeliveryBox

    /// Where the page about itself comes from, once there is a server to make it.
    private final class PageBox: Sendable {
        let render = Mutex<@Sendable () -> ByteBuffer>({ ByteBuffer(string: "# EOF\n") })
    }

    /// Nothing runs before the server does.
    ///
    /// - Throws: `NotifyError` when somebody who is to be told cannot be.
    public init(store: MetricsStore, configuration: RuleConfiguration, logger: Logger) throws(NotifyError) {
        let page = PageBox()
        let writer = SelfWriter(store.sampleWriter())
        let scrape = SelfScrape(
            page: { page.render.withLock { $0 }() },
            write: { batch throws(MetricsStoreError) in try writer.write(batch) },
            clock: store.options.clock
        )
        let delivery = try DeliveryBox(configuration, logger: logger)
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
    var destinations: [DestinationStatistics] { delivery.current.statistics }

    /// The addresses of the Alertmanagers, without secrets.
    var alertmanagers: [String] { delivery.alertmanagers }

    /// From now on the page about itself comes from here.
    func observe(_ render: @escaping @Sendable () -> ByteBuffer) {
        page.render.withLock { $0 = render }
    }

    /// Begins.
    func start() {
        scrape.start()
        engine.start()
    }

    /// Goes on with other rules, and tells others.
    ///
    /// - Throws: `NotifyError`; nothing has changed then.
    func reload(_ configuration: RuleConfiguration) throws(NotifyError) {
        try delivery.reload(configuration)
        engine.reload(configuration.groups, settings: configuration.settings)
    }

    /// Ends; returns when nothing is written any more and what is queued was tried.
    func stop() async {
        engine.stop()
        scrape.stop()
        await delivery.current.close(within: DeliveryBox.closingTime)
    }
}

/// Who is told, as a reload may change it.
private final class DeliveryBox: Sendable {
    /// How long what is queued may take at the end.
    static let closingTime: Duration = .seconds(5)

    private struct State {
        var settings: NotifySettings
        var externalURL: String
        var sender: AlertDelivery
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(_ configuration: RuleConfiguration, logger: Logger) throws(NotifyError) {
        self.logger = logger
        state = Mutex(try DeliveryBox.open(configuration, logger))
    }

    private static func open(_ configuration: RuleConfiguration, _ logger: Logger) throws(NotifyError) -> State {
        State(
            settings: configuration.notify,
            externalURL: configuration.settings.externalURL,
            sender: try AlertDelivery(
                settings: configuration.notify,
                externalURL: configuration.settings.externalURL,
                logger: logger
            )
        )
    }

    var current: AlertDelivery { state.withLock { $0.sender } }

    var alertmanagers: [String] {
        state.withLock { state in
            state.sender.statistics.prefix(state.settings.alertmanagers.count).map { $0.destination + "/api/v2/alerts" }
        }
    }

    func send(_ notifications: [AlertNotification]) {
        current.send(notifications)
    }

    /// Where nobody else is to be told, what waits stays; otherwise all begin anew, and what waits is tried once.
    func reload(_ configuration: RuleConfiguration) throws(NotifyError) {
        let isSame = state.withLock { state in
            state.settings == configuration.notify && state.externalURL == configuration.settings.externalURL
        }
        if isSame { return }
        let fresh = try DeliveryBox.open(configuration, logger)
        let old = state.withLock { state in
            defer { state = fresh }
            return state.sender
        }
        Task { await old.close(within: DeliveryBox.closingTime) }
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
