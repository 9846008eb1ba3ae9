// SPDX-License-Identifier: Apache-2.0

/// A drop in one campaign's CTR, written into the events on purpose.
///
/// The campaign with the second most traffic is clicked half as often from three quarters of the span on, for six hours
/// or a quarter of the span, whichever is shorter. Impressions count by their own time.
///
/// N lines stay N lines: each click (or conversion of such a click) that is withheld gives its line to one more
/// impression of the same ad, device, region, variant and customer. So every other line is the same, byte by byte, as
/// in the quiet scenario, and the campaign has about half a CTR more impressions while it lasts. The part of clicks that
/// stays accounts for those impressions: clicks / impressions is halved exactly in expectation.
struct PlantedIncident: Equatable {
    /// Rank of the campaign in the catalog.
    let campaignIndex: Int
    let campaign: String
    /// Inclusive.
    let fromMilliseconds: Int64
    /// Exclusive.
    let toMilliseconds: Int64
    /// Expected clicks / impressions outside the incident.
    let rateBefore: Double
    /// Expected clicks / impressions inside it.
    let rateAfter: Double
    /// Part of the clicks that stays.
    private let keptPart: Double

    /// The incident of a configuration, or nil when its scenario has none.
    init?(configuration: GeneratorConfiguration, catalog: CampaignCatalog) {
        guard configuration.scenario == .incident else { return nil }
        let victim = catalog.campaigns[1]
        campaignIndex = 1
        campaign = victim.name
        fromMilliseconds = configuration.incidentWindow.lowerBound
        toMilliseconds = configuration.incidentWindow.upperBound
        rateBefore = victim.clickRate
        rateAfter = victim.clickRate / 2
        // With q lines (click and conversions) per impression, keeping r of them leaves 1 + q (1 - r) impressions.
        // r / (1 + q (1 - r)) = 1 / 2 gives r = (1 + q) / (2 + q).
        let linesPerImpression = victim.clickRate * (1 + victim.conversionRate)
        keptPart = (1 + linesPerImpression) / (2 + linesPerImpression)
    }

    /// Whether the click on an impression of `campaign` at `time` is withheld.
    ///
    /// - Parameter word: the random word that decides.
    func withholdsClick(campaignIndex campaign: Int, timeMilliseconds time: Int64, word: UInt64) -> Bool {
        campaign == campaignIndex && time >= fromMilliseconds && time < toMilliseconds && unitInterval(word) >= keptPart
    }
}
