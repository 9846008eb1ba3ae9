// SPDX-License-Identifier: Apache-2.0

/// The three models, the same for every seed.
enum ModelCatalog {
    static let models = [clickThrough, churn, orderValue]

    /// Will an impression be clicked? A rare event: the base rate is 3 %, and hardly a score is above 0.5.
    private static let clickThrough = SimulatedModel(
        name: "click-through",
        share: 0.6,
        target: .classes(
            scores: [
                .rare(least: 0.002, slope: 0.027_75, top: 0.6),
                .rare(least: 0.002, slope: 0.018_375, top: 0.7),
            ],
            labels: .words
        ),
        features: [
            SimulatedFeature(name: "relevance", shape: .bell(mean: 0.5, deviation: 0.1, decimals: 3), relation: .rises),
            SimulatedFeature(name: "bid", shape: .bell(mean: 1.2, deviation: 0.25, decimals: 2)),
            SimulatedFeature(
                name: "session_minutes",
                shape: .skewed(from: 0, through: 90, power: 3, decimals: 1),
                relation: .rises
            ),
            SimulatedFeature(name: "pages_seen", shape: .skewed(from: 1, through: 30, power: 3, decimals: 0)),
            SimulatedFeature(
                name: "past_clicks",
                shape: .skewed(from: 0, through: 40, power: 4, decimals: 0),
                missing: 0.02,
                relation: .rises
            ),
            SimulatedFeature(name: "ad_age_days", shape: .skewed(from: 0, through: 60, power: 2, decimals: 1)),
            SimulatedFeature(name: "device", shape: .category([("mobile", 64), ("desktop", 28), ("tablet", 8)])),
            SimulatedFeature(
                name: "placement",
                shape: .category([("feed", 46), ("top", 27), ("side", 18), ("footer", 9)])
            ),
            SimulatedFeature(name: "region", shape: regions, missing: 0.005),
            SimulatedFeature(name: "returning", shape: .flag(share: 0.38)),
        ],
        labelDelay: SimulatedModel.LabelDelay(shortest: 5_000, longest: 5_400_000),
        unlabelledShare: 0.05
    )

    /// Will a customer leave? A quarter does; 8 % of the predictions are wrong, 7 % of the newer version's.
    private static let churn = SimulatedModel(
        name: "churn",
        share: 0.25,
        target: .classes(
            scores: [
                .parted(low: 0.7032, high: 0.1568, reach: 0.12),
                .parted(low: 0.7222, high: 0.1756, reach: 0.12),
            ],
            labels: .digits
        ),
        features: [
            SimulatedFeature(
                name: "tenure_months",
                shape: .skewed(from: 0, through: 96, power: 2, decimals: 0),
                relation: .falls
            ),
            SimulatedFeature(name: "age", shape: .bell(mean: 44, deviation: 10, decimals: 0), missing: 0.03),
            SimulatedFeature(
                name: "monthly_charge",
                shape: .bell(mean: 58, deviation: 14, decimals: 2),
                relation: .rises
            ),
            SimulatedFeature(
                name: "support_calls",
                shape: .skewed(from: 0, through: 12, power: 3, decimals: 0),
                relation: .rises
            ),
            SimulatedFeature(
                name: "logins",
                shape: .skewed(from: 0, through: 60, power: 2, decimals: 0),
                missing: 0.01,
                relation: .falls
            ),
            SimulatedFeature(name: "data_gb", shape: .skewed(from: 0, through: 80, power: 3, decimals: 1)),
            SimulatedFeature(name: "late_payments", shape: .skewed(from: 0, through: 8, power: 4, decimals: 0)),
            SimulatedFeature(name: "discount", shape: .skewed(from: 0, through: 0.4, power: 2, decimals: 2)),
            SimulatedFeature(name: "plan", shape: .category([("basic", 52), ("plus", 33), ("pro", 15)])),
            SimulatedFeature(name: "contract", shape: .category([("monthly", 55), ("yearly", 30), ("two-year", 15)])),
            SimulatedFeature(
                name: "payment",
                shape: .category([("card", 58), ("transfer", 27), ("invoice", 15)]),
                missing: 0.01
            ),
            SimulatedFeature(name: "paperless", shape: .flag(share: 0.7)),
        ],
        labelDelay: SimulatedModel.LabelDelay(shortest: 300_000, longest: 10_800_000),
        unlabelledShare: 0.08
    )

    /// What will an order be worth? A number; the newer version is off by 20 % of it in place of 24 %.
    private static let orderValue = SimulatedModel(
        name: "order-value",
        share: 0.15,
        target: .number(fromMicros: 12_000_000, throughMicros: 240_000_000, deviations: [0.24, 0.2]),
        features: [
            SimulatedFeature(
                name: "basket_value",
                shape: .skewed(from: 5, through: 260, power: 3, decimals: 2),
                relation: .rises
            ),
            SimulatedFeature(
                name: "basket_items",
                shape: .skewed(from: 1, through: 20, power: 3, decimals: 0),
                relation: .rises
            ),
            SimulatedFeature(name: "visits", shape: .skewed(from: 1, through: 25, power: 3, decimals: 0)),
            SimulatedFeature(
                name: "days_since_order",
                shape: .skewed(from: 0, through: 365, power: 2, decimals: 0),
                missing: 0.04
            ),
            SimulatedFeature(name: "delivery_cost", shape: .bell(mean: 4.5, deviation: 1.1, decimals: 2)),
            SimulatedFeature(
                name: "channel",
                shape: .category([("search", 34), ("social", 25), ("email", 18), ("display", 15), ("video", 8)])
            ),
            SimulatedFeature(name: "region", shape: regions),
            SimulatedFeature(name: "voucher", shape: .flag(share: 0.22)),
        ],
        labelDelay: SimulatedModel.LabelDelay(shortest: 120_000, longest: 7_200_000),
        unlabelledShare: 0.1
    )

    private static let regions = SimulatedFeature.Shape.category(
        zip(Campaign.Region.allCases, Campaign.Market.americas.regionWeights).map { ("\($0)", $1) }
    )
}
