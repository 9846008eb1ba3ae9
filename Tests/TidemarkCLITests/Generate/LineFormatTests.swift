// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkCLI

@Suite struct LineFormatTests {
    private static let labels: Set = ["campaign", "ad", "channel", "device", "region", "variant", "customer"]

    /// Every 50th line, and every conversion and bill.
    private func sample() throws -> [Event] {
        try SharedDay.events.get().enumerated()
            .filter { $0 % 50 == 0 || $1.type == "conversion" || $1.type == "spend" }.map(\.element)
    }

    @Test func `every line is a JSON object with the fields of its type`() throws {
        print("seed \(SharedDay.seed)")
        var types: Set<String> = []
        for event in try sample() {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(event.line.utf8)) as? [String: Any])
            let type = try #require(object["type"] as? String)
            types.insert(type)
            let identity: Set = ["type", "id", "source", "time"]
            let expected =
                switch type {
                case "conversion": identity.union(Self.labels).union(["revenue", "currency"])
                case "spend": identity.union(["campaign", "channel", "amount", "currency"])
                case _ where object["cost"] != nil: identity.union(Self.labels).union(["cost", "currency"])
                default: identity.union(Self.labels)
                }
            #expect(Set(object.keys) == expected, "\(event.line)")
            for field in identity.union(Self.labels) where expected.contains(field) {
                #expect((object[field] as? String)?.isEmpty == false, "\(field) in \(event.line)")
            }
        }
        #expect(types == ["impression", "click", "conversion", "spend"])
    }

    @Test func `labels take the values of the catalog`() throws {
        let catalog = try SharedDay.output.get().generator.catalog
        let campaigns = Dictionary(uniqueKeysWithValues: catalog.campaigns.map { ($0.name, $0) })
        let distinct = try SharedDay.distinct.get()
        for event in distinct where event.type != "spend" {
            let campaign = try #require(campaigns[event.campaign])
            guard
                event["channel"] == "\(campaign.channel)",
                campaign.ads.contains(where: { $0.name == event["ad"] }),
                event["currency"].isEmpty || event["currency"] == campaign.currency
            else {
                Issue.record("not of its campaign: \(event.line)")
                return
            }
        }
        #expect(Set(distinct.map(\.campaign)).count == 50)
        let ads = catalog.campaigns.flatMap(\.ads).map(\.name)
        #expect(Set(distinct.map { $0["ad"] }).subtracting([""]) == Set(ads))
        #expect(Set(distinct.map { $0["channel"] }) == ["search", "social", "display", "video", "email"])
        #expect(Set(distinct.map { $0["device"] }).subtracting([""]) == ["mobile", "desktop", "tablet"])
        #expect(Set(distinct.map { $0["region"] }).subtracting([""]).count == 8)
        #expect(Set(distinct.map { $0["variant"] }).subtracting([""]) == ["a", "b"])
        #expect(Set(distinct.map { $0["currency"] }) == ["", "USD", "EUR"])
    }

    @Test func `money is positive with at most six decimals and varies about its price`() throws {
        let catalog = try SharedDay.output.get().generator.catalog
        var sums: [String: (count: Double, sum: Double)] = [:]
        for event in try SharedDay.distinct.get() {
            for field in ["cost", "revenue", "amount"] where !event[field].isEmpty {
                let parts = event[field].split(separator: ".")
                let value = try #require(Double(event[field]))
                guard value > 0, parts.count <= 2, parts.count == 1 || parts[1].count <= 6 else {
                    Issue.record("\(event.line)")
                    return
                }
                if field == "cost" {
                    let sum = sums[event.campaign] ?? (0, 0)
                    sums[event.campaign] = (sum.count + 1, sum.sum + value)
                }
            }
        }
        for campaign in catalog.campaigns {
            let sum = sums[campaign.name] ?? (0, 0)
            let price: Double
            switch campaign.pricing {
            case .perImpression(let micros), .perClick(let micros): price = Double(micros) / 1e6
            case .lump:
                #expect(sum.count == 0)
                continue
            }
            // Evenly 70 % to 130 %: a standard deviation of 0.173 prices; five of them, and rounding to millionths.
            let bound = 5 * 0.1733 * price / sum.count.squareRoot() + 1e-6
            #expect(abs(sum.sum / sum.count - price) < bound, "\(campaign.name)")
        }
    }

    @Test func `the prices of one campaign differ`() throws {
        let largest = try SharedDay.output.get().generator.catalog.campaigns.first {
            if case .perImpression = $0.pricing { true } else { false }
        }
        let name = try #require(largest?.name)
        let costs = Set(try SharedDay.distinct.get().filter { $0.campaign == name }.map { $0["cost"] })
        #expect(costs.count > 500)
    }

    @Test func `lean lines have the eight labels and cost, in order, and about 175 bytes`() throws {
        let configuration = GeneratorConfiguration(seed: 41, events: 40_000, profile: .lean)
        print("seed \(configuration.seed)")
        let output = try Output(configuration)
        let order =
            #/
            \{"type":"(impression|click|conversion)","id":"[0-9a-v]{13}","source":"[a-z]+","time":"[0-9T:.\-]+Z",
            "campaign":"[a-z0-9\-]+","channel":"[a-z]+","device":"[a-z]+","region":"[a-z]+"(,"cost":[0-9.]+)?\}
            /#
        for line in output.lines.prefix(2_000) {
            #expect(try order.wholeMatch(in: line) != nil, "\(line)")
        }
        #expect(output.lines.count { $0.contains("cost") } > 10_000)
        let average = Double(output.bytes.count) / 40_000
        #expect((170...180).contains(average), "\(average)")
        #expect(output.summary.duplicates == 0 && output.summary.late == 0)
    }
}
