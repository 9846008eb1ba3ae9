// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct TrafficTests {
    private func impressions() throws -> [Event] {
        try SharedDay.distinct.get().filter { $0.type == "impression" }
    }

    @Test func `the largest campaign has a tenth of the impressions and shares fall from there`() throws {
        print("seed \(SharedDay.seed)")
        let all = try impressions()
        let counts = Dictionary(grouping: all, by: \.campaign).mapValues(\.count)
        let campaigns = try SharedDay.output.get().generator.catalog.campaigns
        let largest = try #require(counts.max { $0.value < $1.value })
        #expect(largest.key == campaigns[0].name)
        #expect((0.08...0.12).contains(Double(largest.value) / Double(all.count)))
        for campaign in campaigns {
            let distance = deviations(hits: counts[campaign.name] ?? 0, trials: all.count, rate: campaign.share)
            #expect(abs(distance) < 5, "\(campaign.name) is \(distance) deviations off its share")
        }
        #expect(zip(campaigns, campaigns.dropFirst()).allSatisfy { $0.share > $1.share })
    }

    @Test func `every campaign is clicked as often as it says`() throws {
        print("seed \(SharedDay.seed)")
        let counts = Dictionary(grouping: try SharedDay.distinct.get()) { "\($0.campaign) \($0.type)" }
            .mapValues(\.count)
        var checked = 0
        for campaign in try SharedDay.output.get().generator.catalog.campaigns {
            let trials = counts["\(campaign.name) impression"] ?? 0
            guard Double(trials) * campaign.clickRate >= 10 else { continue }
            checked += 1
            let clicks = counts["\(campaign.name) click"] ?? 0
            let distance = deviations(hits: clicks, trials: trials, rate: campaign.clickRate)
            #expect(abs(distance) < 4.5, "\(campaign.name) is \(distance) deviations off its CTR")
        }
        #expect(checked > 25)
    }

    @Test func `clicks over all campaigns are neither lost nor doubled`() throws {
        let distinct = try SharedDay.distinct.get()
        let rates = Dictionary(
            uniqueKeysWithValues: try SharedDay.output.get().generator.catalog.campaigns.map { ($0.name, $0.clickRate) }
        )
        let expected = distinct.filter { $0.type == "impression" }.reduce(0.0) { $0 + (rates[$1.campaign] ?? 0) }
        let clicks = Double(distinct.count { $0.type == "click" })
        #expect(abs(clicks - expected) < 4.5 * expected.squareRoot(), "\(clicks) against \(expected)")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a catalog keeps its promises`(seed: UInt64) {
        let campaigns = CampaignCatalog(seed: seed).campaigns
        #expect(campaigns.count == 50)
        #expect(Set(campaigns.map(\.name)).count == 50)
        #expect(abs(campaigns.reduce(0) { $0 + $1.share } - 1) < 1e-12)
        #expect(abs(campaigns[0].share - 0.1) < 1e-9)
        #expect(campaigns.allSatisfy { (0.003...0.06).contains($0.clickRate) })
        #expect(campaigns.allSatisfy { (3...7).contains($0.ads.count) })
        #expect(campaigns.allSatisfy { $0.ads.reduce(0) { $0 + $1.weight } == 256 })
        let dollars = campaigns.count { $0.currency == "USD" }
        #expect(dollars == 37 && campaigns.count { $0.currency == "EUR" } == 13)
        for channel in Campaign.Channel.allCases {
            #expect(campaigns.count { $0.channel == channel } == channel.campaigns)
        }
    }

    @Test func `the CTR of a campaign is the mean over its ads, devices and variants`() {
        let catalog = CampaignCatalog(seed: SharedDay.seed)
        let tables = TrafficTables(catalog: catalog)
        for (index, campaign) in catalog.campaigns.enumerated() {
            var sum = 0.0
            var thresholds: Set<UInt32> = []
            for adByte in 0..<256 as Range<UInt64> {
                let creative = tables.creative(campaign: index, byte: adByte)
                for deviceByte in 0..<256 as Range<UInt64> {
                    let device = tables.device(channel: campaign.channel.rawValue, byte: deviceByte)
                    for variant in 0...1 {
                        let place = Placement.index(device: device, region: 0, variant: variant)
                        let threshold = tables.clickThreshold(creative: creative, placement: place)
                        sum += Double(threshold)
                        thresholds.insert(threshold)
                    }
                }
            }
            let mean = sum / 131_072 / 0x1p32
            #expect(abs(mean - campaign.clickRate) < 1e-8, "\(campaign.name)")
            #expect(thresholds.count == campaign.ads.count * 6)
        }
    }

    @Test func `each campaign follows the daily curve on its own clock`() throws {
        print("seed \(SharedDay.seed)")
        let byCampaign = Dictionary(grouping: try impressions(), by: \.campaign)
        for campaign in try SharedDay.output.get().generator.catalog.campaigns.prefix(10) {
            var hours = Array(repeating: 0, count: 24)
            for event in byCampaign[campaign.name] ?? [] {
                let minute = Int(event.milliseconds / 60_000) + campaign.clockOffsetMinutes
                hours[minute / 60 % 24] += 1
            }
            let evening = hours[19...21].reduce(0, +)
            let morning = hours[2...4].reduce(0, +)
            let noon = hours[11...13].reduce(0, +)
            #expect(evening > 5 * morning, "\(campaign.name): \(hours)")
            #expect(evening > noon && noon > 3 * morning, "\(campaign.name): \(hours)")
        }
    }

    @Test func `the whole traffic has a quiet and a busy part of the day`() throws {
        var hours = Array(repeating: 0, count: 24)
        for event in try impressions() { hours[Int(event.milliseconds / 3_600_000 % 24)] += 1 }
        let busiest = try #require(hours.max())
        let quietest = try #require(hours.min())
        #expect(busiest > 2 * quietest, "\(hours)")
    }

    @Test func `a month repeats the day thirty times`() throws {
        let configuration = GeneratorConfiguration(seed: 61, events: 90_000, durationMilliseconds: 30 * 86_400_000)
        print("seed \(configuration.seed)")
        let output = try Output(configuration)
        var days = Array(repeating: 0, count: 30)
        for line in output.lines {
            let since = Event(line: line).milliseconds - configuration.startMilliseconds
            days[Int(since / 86_400_000)] += 1
        }
        #expect(days.allSatisfy { (2_900...3_100).contains($0) }, "\(days)")
        #expect(output.summary.events(of: .spend) > 30)
    }

    @Test func `a few customers are seen often and most of them seldom`() throws {
        let counts = Dictionary(grouping: try impressions()) { $0["customer"] }.mapValues(\.count).values.sorted(by: >)
        let total = counts.reduce(0, +)
        #expect(Double(counts.prefix(counts.count / 100).reduce(0, +)) > 0.15 * Double(total))
        #expect(Double(counts[0]) < 0.002 * Double(total))
        #expect(counts.count { $0 == 1 } > counts.count / 2)
    }

    @Test func `a customer stays in one region and sees one variant of a campaign`() throws {
        let all = try impressions()
        var regions: [String: Set<String>] = [:]
        var variants: [String: Set<String>] = [:]
        for event in all {
            regions[event["customer"], default: []].insert(event["region"])
            variants[event["customer"] + event.campaign, default: []].insert(event["variant"])
        }
        #expect(regions.values.allSatisfy { $0.count == 1 })
        #expect(variants.values.allSatisfy { $0.count == 1 })
        let inB = all.count { $0["variant"] == "b" }
        #expect((0.48...0.52).contains(Double(inB) / Double(all.count)))
    }
}
