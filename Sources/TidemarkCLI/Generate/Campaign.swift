// SPDX-License-Identifier: Apache-2.0

/// One simulated ad campaign: who sees it, how often it is clicked, what it costs and earns.
struct Campaign {
    /// Unique in the catalog, for example `brand-07`.
    let name: String
    let channel: Channel
    let market: Market
    /// Part of all impressions over a whole day, 0 ... 1.
    let share: Double
    /// Minutes that the audience's clock is ahead of UTC; it shifts the daily curve.
    let clockOffsetMinutes: Int
    /// Probability that an impression is clicked: the mean over ads, devices and variants.
    let clickRate: Double
    /// Probability that a click converts.
    let conversionRate: Double
    /// How much better variant `b` is clicked than `a`, relative to the mean: 0.1 is 5 % above it against 5 % below.
    let variantLift: Double
    let pricing: Pricing
    /// Typical revenue of a conversion, in hundredths of the currency.
    let orderValueCents: Int64
    let ads: [Ad]

    var currency: String { market.currency }

    struct Ad {
        /// For example `brand-07-3`.
        let name: String
        /// Impressions out of 256 of its campaign.
        let weight: Int
        /// Clicked this much more than the campaign, before normalisation.
        let appeal: Double
    }

    /// What is paid for, in millionths of the currency.
    enum Pricing: Equatable {
        /// Every impression carries a cost around this.
        case perImpression(micros: Int64)
        /// Every click carries a cost around this.
        case perClick(micros: Int64)
        /// No event of its own carries a cost; a `spend` event bills the impressions since the last one.
        case lump(microsPerImpression: Int64)
    }
}

extension Campaign {
    enum Device: Int, CaseIterable {
        case mobile, desktop, tablet

        /// How often it is clicked compared with the others.
        var appeal: Double {
            switch self {
            case .mobile: 0.95
            case .desktop: 1.1
            case .tablet: 1.0
            }
        }
    }

    enum Variant: Int, CaseIterable {
        case a, b
    }

    enum Region: Int, CaseIterable {
        case us, ca, br, uk, de, fr, `in`, jp
    }

    /// Where a campaign runs. It sets the clock, the currency and the regions of its audience.
    enum Market: Int, CaseIterable {
        case americas, europe, asia

        var currency: String { self == .europe ? "EUR" : "USD" }

        /// How many of the fifty campaigns.
        var campaigns: Int {
            switch self {
            case .americas: 32
            case .europe: 13
            case .asia: 5
            }
        }

        /// The clock of its centre, ahead of UTC.
        var clockOffsetMinutes: Int {
            switch self {
            case .americas: -5 * 60
            case .europe: 60
            case .asia: 7 * 60
            }
        }

        /// One weight for each region, in the order of `Region`.
        var regionWeights: [Double] {
            switch self {
            case .americas: [68, 16, 10, 2, 1, 1, 1, 1]
            case .europe: [3, 1, 1, 34, 36, 23, 1, 1]
            case .asia: [4, 1, 1, 2, 1, 1, 48, 42]
            }
        }
    }

    enum Channel: Int, CaseIterable {
        case search, social, display, video, email

        /// How many of the fifty campaigns.
        var campaigns: Int {
            switch self {
            case .search: 12
            case .social: 13
            case .display: 14
            case .video: 6
            case .email: 5
            }
        }

        /// Mean CTR of a campaign lies in here. Banners sit at the height of the Open Bandit data (0.35 % to 0.67 %).
        var clickRates: ClosedRange<Double> {
            switch self {
            case .search: 0.020...0.060
            case .social: 0.007...0.018
            case .display: 0.003...0.008
            case .video: 0.004...0.011
            case .email: 0.015...0.040
            }
        }

        var conversionRates: ClosedRange<Double> {
            switch self {
            case .search: 0.040...0.090
            case .social: 0.015...0.040
            case .display: 0.008...0.025
            case .video: 0.005...0.020
            case .email: 0.030...0.080
            }
        }

        /// One weight for each device, in the order of `Device`.
        var deviceWeights: [Double] {
            switch self {
            case .search: [55, 40, 5]
            case .social: [84, 10, 6]
            case .display: [58, 34, 8]
            case .video: [62, 22, 16]
            case .email: [52, 42, 6]
            }
        }
    }
}
