// SPDX-License-Identifier: Apache-2.0

/// The fifty campaigns of a seed, by falling share of traffic.
///
/// Depends on the seed alone, so the same seed at another start, duration or scenario is the same advertiser. Every seed
/// deals the same number of campaigns to each channel and market. The first five ranks have fixed channels, which puts
/// every channel among the large campaigns; the second is a search campaign in the Americas, whose CTR (2 % to 6 %) lets
/// an incident show in a few thousand impressions.
struct CampaignCatalog {
    static let campaignCount = 50
    /// The most that one campaign may have of all impressions.
    static let largestShare = 0.10

    /// `campaigns[0]` has the most traffic.
    let campaigns: [Campaign]

    init(seed: UInt64) {
        var random = SplitMix64(seed: splitMix(seed &+ 1))
        let shares = Self.shares()
        let channels = Self.deal(
            Campaign.Channel.allCases.flatMap { Array(repeating: $0, count: $0.campaigns) },
            first: [.social, .search, .display, .video, .email],
            random: &random
        )
        let markets = Self.deal(
            Campaign.Market.allCases.flatMap { Array(repeating: $0, count: $0.campaigns) },
            first: [.americas, .americas, .americas],
            random: &random
        )
        var numbers = Array(1...Self.campaignCount)
        random.shuffle(&numbers)
        campaigns = shares.enumerated().map { rank, share in
            Self.campaign(
                number: numbers[rank],
                share: share,
                channel: channels[rank],
                market: markets[rank],
                random: &random
            )
        }
    }

    // MARK: - Shares

    /// Zipf's law, flattened at the head (Mandelbrot): rank r has a share in proportion to 1 / (r + q), with the q that
    /// gives the first rank `largestShare`.
    private static func shares() -> [Double] {
        let ranks = (1...campaignCount).map(Double.init)
        func weights(_ q: Double) -> [Double] { ranks.map { 1 / ($0 + q) } }
        var low = 0.0
        var high = 1000.0
        for _ in 0..<100 {
            let q = (low + high) / 2
            let candidate = weights(q)
            if candidate[0] / candidate.reduce(0, +) > largestShare { low = q } else { high = q }
        }
        let final = weights(high)
        let total = final.reduce(0, +)
        return final.map { $0 / total }
    }

    /// Shuffles `cards` behind those that come `first`, which are taken from among them.
    private static func deal<Card: Equatable>(_ cards: [Card], first: [Card], random: inout SplitMix64) -> [Card] {
        var rest = cards
        for card in first {
            if let place = rest.firstIndex(of: card) { rest.remove(at: place) }
        }
        random.shuffle(&rest)
        return first + rest
    }

    // MARK: - One campaign

    private static let themes = [
        "brand", "spring", "launch", "bundle", "return", "travel", "member", "outlet", "trial", "season",
    ]

    private static func campaign(
        number: Int,
        share: Double,
        channel: Campaign.Channel,
        market: Campaign.Market,
        random: inout SplitMix64
    ) -> Campaign {
        let theme = themes[random.index(below: themes.count)]
        let name = theme + (number < 10 ? "-0" : "-") + String(number)
        // An hour either way, in steps of ten minutes.
        let clockJitter = (random.index(below: 13) - 6) * 10
        return Campaign(
            name: name,
            channel: channel,
            market: market,
            share: share,
            clockOffsetMinutes: market.clockOffsetMinutes + clockJitter,
            clickRate: roundedToMillionths(random.number(in: channel.clickRates)),
            conversionRate: random.number(in: channel.conversionRates),
            variantLift: random.number(in: -0.06...0.16),
            pricing: pricing(of: channel, random: &random),
            orderValueCents: Int64(random.number(in: 1_500...12_000)),
            ads: ads(of: name, random: &random)
        )
    }

    private static func pricing(of channel: Campaign.Channel, random: inout SplitMix64) -> Campaign.Pricing {
        let sold = random.unit()
        func micros(_ range: ClosedRange<Double>) -> Int64 { Int64(random.number(in: range)) }
        switch channel {
        case .search: return .perClick(micros: micros(600_000...2_400_000))
        case .social where sold < 0.5: return .perClick(micros: micros(300_000...1_100_000))
        case .social: return .perImpression(micros: micros(5_000...9_000))
        case .display: return .perImpression(micros: micros(1_500...4_000))
        case .video: return .perImpression(micros: micros(8_000...18_000))
        case .email: return .lump(microsPerImpression: micros(400...1_200))
        }
    }

    private static func ads(of campaign: String, random: inout SplitMix64) -> [Campaign.Ad] {
        let count = 3 + random.index(below: 5)
        let table = byteTable(weights: (0..<count).map { _ in random.number(in: 0.4...1.6) })
        return (0..<count).map { index in
            Campaign.Ad(
                name: "\(campaign)-\(index + 1)",
                weight: table.count { $0 == UInt8(index) },
                appeal: random.number(in: 0.75...1.3)
            )
        }
    }

    private static func roundedToMillionths(_ rate: Double) -> Double {
        (rate * 1e6).rounded() / 1e6
    }
}
