// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tidemark

struct `Opening a store` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func failure(
        _ definitions: [MetricDefinition] = .campaigns,
        _ options: StoreOptions = StoreOptions(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> MetricsStoreError? {
        let error = #expect(throws: MetricsStoreError.self, sourceLocation: sourceLocation) {
            try MetricsStore.open(at: directory.store, definitions: definitions, options: options)
        }
        #expect(error?.description.contains("\n") == false, sourceLocation: sourceLocation)
        return error
    }

    @Test func `that is open already tells in one line who has it`() async throws {
        let store = try MetricsStore.open(directory)
        let error = failure()
        #expect(error?.code == .inUse)
        let line = "\(directory.store) is in use by process \(getpid()); one process has a data directory at a time"
        #expect(error?.description == line)
        await #expect(processExitsWith: .success) { [path = directory.store as String, line = line as String] in
            let error = #expect(throws: MetricsStoreError.self) {
                try MetricsStore.open(at: path, definitions: .campaigns)
            }
            #expect(error?.code == .inUse && error?.description == line)
        }
        try store.close()
    }

    @Test func `under other settings is refused, and changes nothing`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<9)).wait()
        try store.close()
        var minutes = StoreOptions()
        minutes.resolution = 60
        #expect(failure(.campaigns, minutes)?.code == .incompatible)
        for resolution in [0, -1, 7, 3_601] {
            minutes.resolution = resolution
            #expect(failure(.campaigns, minutes)?.code == .invalidOptions)
        }
        var definitions = [MetricDefinition].campaigns
        definitions[0].valueFields = ["cost"]
        let error = failure(definitions)
        #expect(error?.code == .incompatible)
        #expect(error?.message.contains("clicks_total") == true)
        let reopened = try MetricsStore.open(directory)
        #expect(reopened.totals == clickTotals(0..<9))
        let refused = #expect(throws: MetricsStoreError.self) { try reopened.reload(definitions: definitions) }
        #expect(refused?.code == .incompatible)
        #expect(try reopened.submit(clicks(9..<10)).wait().accepted == 1, "the old definitions still hold")
        try reopened.close()
    }

    @Test func `with bytes that are not what was written says that they are corrupt`() throws {
        let store = try MetricsStore.open(directory)
        for start in 0..<20 { _ = try store.submit(clicks(start * 10..<start * 10 + 10)).wait() }
        try store.close()
        let hot = directory.store + "/hot/00000001"
        let names = try FileManager.default.contentsOfDirectory(atPath: hot).filter { $0.hasSuffix(".log") }
        let log = hot + "/" + (try #require(names.first))
        var bytes = try readBytes(log)
        bytes[bytes.count / 2] ^= 4
        try writeBytes(bytes, to: log)
        let error = failure()
        #expect(error?.code == .corrupt)
        #expect(error?.description.hasPrefix("corrupt: \(hot)") == true, "\(error as Any)")
    }

    @Test func `where no directory can be is an error with its path`() throws {
        try writeBytes([], to: directory.store)
        let error = failure()
        #expect(error?.code == .io && error?.message.contains(directory.store) == true)
    }

    @Test func `with fewer definitions keeps the totals of the others`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<9)).wait()
        try store.close()
        let fewer = try MetricsStore.open(at: directory.store, definitions: [])
        #expect(fewer.totals == clickTotals(0..<9))
        #expect(try fewer.submit(clicks(9..<10)).wait().unmatched == 1)
        try fewer.reload(definitions: .campaigns)
        #expect(try fewer.submit(clicks(0..<10)).wait().accepted == 1)
        try fewer.close()
    }

    @Test func `with the shipped definitions counts a campaign's events`() throws {
        let definitions = try MetricDefinition.shipped
        #expect(definitions.map(\.name).contains("campaign_clicks_total"))
        let store = try MetricsStore.open(at: directory.store, definitions: definitions)
        try store.record([
            Event("click", ["campaign": "a", "cost": "0.25"]), Event("conversion", ["campaign": "a", "revenue": 3]),
        ])
        #expect(store.total(of: "campaign_clicks_total", ["campaign": "a"]) == 1)
        #expect(store.total(of: "campaign_spend_total", ["campaign": "a"]) == 0.25)
        #expect(store.total(of: "campaign_revenue_total", ["campaign": "a"]) == 3)
        try store.close()
    }
}
