// SPDX-License-Identifier: Apache-2.0

import Logging
import Rules
import Synchronization
import TestSupport
import Testing
import Tidemark

@testable import TidemarkServer

/// A reload brings all or nothing.
@Suite struct `A reload` {
    private static func groups(_ name: String) throws -> [RuleGroup] {
        try RuleGroup.parse("groups: [{name: \(name), rules: [{record: y, expr: '1'}]}]", file: "r.yml")
    }

    private static func configuration(_ name: String, webhook: String? = nil) throws -> RuleConfiguration {
        var notify = NotifySettings()
        if let webhook { notify.webhooks = [WebhookSettings(name: "pager", url: webhook)] }
        return RuleConfiguration(groups: try groups(name), notify: notify)
    }

    /// Reloads by request what each of these gives, and says with what status each was answered, and which groups and
    /// destinations there were then.
    private func reload(
        _ store: FakeStore,
        _ reloads: [HTTPService.Reloaded],
        before: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> [String] {
        let directory = try TemporaryDirectory()
        var options = StoreOptions()
        options.clock = StoppedClock()
        let rulesStore = try MetricsStore.open(at: directory.store, definitions: [], options: options)
        let rules = try RuleService(
            store: rulesStore,
            configuration: try Self.configuration("first"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let number = Mutex(0)
        let states = try await withServer(
            store,
            rules: rules,
            reload: {
                number.withLock { number in
                    number += 1
                    return reloads[number - 1]
                }
            }
        ) { server in
            try await server.talk { client throws in
                try reloads.indices.map { index in
                    before(index)
                    let status = try client.request("POST", "/-/reload").status
                    let names = rules.engine.groups.map(\.group.name) + rules.destinations.map(\.destination)
                    return "\(status) \(names.joined(separator: " "))"
                }
            }
        }
        try rulesStore.close()
        return states
    }

    @Test func `changes nothing when somebody cannot be told, or when definitions are refused`() async throws {
        let store = FakeStore()
        let receiver = try AlertReceiver()
        let good = HTTPService.Reloaded(
            definitions: [],
            rules: try Self.configuration("second", webhook: receiver.url)
        )
        let bad = HTTPService.Reloaded(
            definitions: [],
            rules: try Self.configuration("second", webhook: "file:///etc/passwd")
        )
        let states = try await reload(store, [bad, good, good]) { index in
            store.refuseReloads(index == 1 ? StoreRefusal(kind: .other, message: "another unit") : nil)
        }
        #expect(states == ["500 first", "500 first", "200 second pager"])
        #expect(store.reloads.count == 1)
    }
}
