// SPDX-License-Identifier: Apache-2.0

/// The catalog laid flat for the loop: every choice is one lookup, every probability one comparison.
struct TrafficTables {
    /// Numbers of one campaign, in the order of the catalog.
    struct Row {
        var firstCreative: Int
        var channel: Int
        var market: Int
        /// Cost of an impression or a click, in millionths; 0 when that is not what is paid for.
        var impressionCostMicros: Int64
        var clickCostMicros: Int64
        /// Billed per impression by `spend` events; 0 when not.
        var lumpMicros: Int64
        var orderValueCents: Int64
        /// A click converts when the upper half of its word is below this.
        var conversionThreshold: UInt32
    }

    let rows: [Row]
    /// The rate of all campaigns together in each bin of the UTC day, with a mean of 1.
    let rates: [Double]
    /// Which campaign an impression belongs to, for each bin.
    private let campaignChoice: [AliasTable]
    /// 256 entries for each campaign: ad within the campaign.
    private let adChoice: [UInt8]
    /// 256 entries for each channel.
    private let deviceChoice: [UInt8]
    /// 256 entries for each market.
    private let regionChoice: [UInt8]
    /// For each creative, device and variant: an impression is clicked when the upper half of its word is below this.
    private let clickThresholds: [UInt32]

    init(catalog: CampaignCatalog) {
        let campaigns = catalog.campaigns
        let curves = campaigns.map { DailyCurve.rates(clockOffsetMinutes: $0.clockOffsetMinutes) }
        let traffic = (0..<DailyCurve.binsPerDay).map { bin in
            campaigns.indices.map { campaigns[$0].share * curves[$0][bin] }
        }
        rates = traffic.map { $0.reduce(0, +) }
        campaignChoice = traffic.map(AliasTable.init(weights:))
        adChoice = campaigns.flatMap { campaign in
            campaign.ads.enumerated().flatMap { Array(repeating: UInt8($0), count: $1.weight) }
        }
        deviceChoice = Campaign.Channel.allCases.flatMap { byteTable(weights: $0.deviceWeights) }
        regionChoice = Campaign.Market.allCases.flatMap { byteTable(weights: $0.regionWeights) }
        clickThresholds = campaigns.flatMap(Self.clickThresholds(of:))
        var creatives = 0
        rows = campaigns.map { campaign in
            defer { creatives += campaign.ads.count }
            return Self.row(of: campaign, firstCreative: creatives)
        }
    }

    func campaign(bin: Int, word: UInt64) -> Int {
        campaignChoice[bin].index(for: word)
    }

    func creative(campaign: Int, byte: UInt64) -> Int {
        rows[campaign].firstCreative + Int(adChoice[campaign << 8 | Int(byte & 0xFF)])
    }

    func device(channel: Int, byte: UInt64) -> Int {
        Int(deviceChoice[channel << 8 | Int(byte & 0xFF)])
    }

    func region(market: Int, byte: UInt64) -> Int {
        Int(regionChoice[market << 8 | Int(byte & 0xFF)])
    }

    func isClicked(creative: Int, placement: Int, word: UInt64) -> Bool {
        UInt32(truncatingIfNeeded: word >> 32) < clickThreshold(creative: creative, placement: placement)
    }

    /// The probability of a click, of 2^32.
    func clickThreshold(creative: Int, placement: Int) -> UInt32 {
        clickThresholds[creative * 6 + Placement.device(of: placement) * 2 + Placement.variant(of: placement)]
    }

    // MARK: - Rows

    private static func row(of campaign: Campaign, firstCreative: Int) -> Row {
        var row = Row(
            firstCreative: firstCreative,
            channel: campaign.channel.rawValue,
            market: campaign.market.rawValue,
            impressionCostMicros: 0,
            clickCostMicros: 0,
            lumpMicros: 0,
            orderValueCents: campaign.orderValueCents,
            conversionThreshold: UInt32(campaign.conversionRate * 0x1p32)
        )
        switch campaign.pricing {
        case .perImpression(let micros): row.impressionCostMicros = micros
        case .perClick(let micros): row.clickCostMicros = micros
        case .lump(let micros): row.lumpMicros = micros
        }
        return row
    }

    /// Six for each ad: device times variant. Factors are divided by their mean, so the campaign's CTR stays what the
    /// catalog says.
    private static func clickThresholds(of campaign: Campaign) -> [UInt32] {
        let devices = Campaign.Device.allCases
        let deviceTable = byteTable(weights: campaign.channel.deviceWeights)
        let deviceMean = deviceTable.reduce(0.0) { $0 + devices[Int($1)].appeal } / 256
        let adMean = campaign.ads.reduce(0.0) { $0 + Double($1.weight) * $1.appeal } / 256
        return campaign.ads.flatMap { ad in
            devices.flatMap { device in
                Campaign.Variant.allCases.map { variant in
                    let lift = (variant == .b ? 0.5 : -0.5) * campaign.variantLift
                    let factor = ad.appeal / adMean * (device.appeal / deviceMean) * (1 + lift)
                    return UInt32(campaign.clickRate * factor * 0x1p32)
                }
            }
        }
    }
}
