// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@testable import Ingest

@Suite struct `Joins and classes in definition files` {
    private static let join = """
        joins:
          - pair: bought
            result: attribution
            key: click
            window: 7d
            first: {event: click, texts: [campaign], numbers: [cost]}
            second: {event: purchase, texts: {shop: place}, numbers: {earned: revenue}}
            waiting: {name: clicks_waiting, help: A., label: campaign}

        """
    private static let metric =
        "metrics:\n  - name: bought_total\n    help: A.\n    type: counter\n    events: [bought]\n"

    private func fault(_ text: String) -> String? {
        #expect(throws: FileError.self) { try MetricDefinition.parse(text, file: "d.yml") }?.description
    }

    @Test func `are read with every key`() throws {
        let definitions = try MetricDefinition.parse(
            Self.join + """
                classes:
                  - {name: predicted, event: prediction, label: label, score: score, threshold: 0.7}
                  - {name: actual, event: outcome, label: label}

                """ + Self.metric + "    labels: [campaign, shop]\n    needs: [shop]\n    value: earned\n"
                + "    bin: {of: cost, bounds: [0.5, 1]}\n",
            file: "d.yml"
        )
        let join = JoinDefinition(
            pair: "bought",
            result: "attribution",
            key: "click",
            first: .init(event: "click", texts: [.init("campaign")], numbers: [.init("cost")]),
            second: .init(
                event: "purchase",
                texts: [.init("place", as: "shop")],
                numbers: [.init("revenue", as: "earned")]
            ),
            windowMilliseconds: 7 * 86_400_000,
            waiting: .init(name: "clicks_waiting", help: "A.", label: "campaign")
        )
        #expect(
            definitions == [
                MetricDefinition(
                    name: "bought_total",
                    help: "A.",
                    events: ["bought"],
                    value: ["earned"],
                    labels: ["campaign", "shop"],
                    bin: BinLabel(field: "cost", bounds: [0.5, 1]),
                    needs: ["shop"],
                    join: join
                )
            ]
        )
    }

    @Test(arguments: [
        ("    labels: [region]\n", "the join keeps no text 'region'"),
        ("    needs: [place]\n", "the join keeps no text 'place'"),
        ("    value: revenue\n", "the join keeps no number 'revenue'"),
        ("    measure: {brier: [cost, gain]}\n", "the join keeps no number 'gain'"),
        ("    measure: {brier: [cost]}\n", "brier takes two numbers: predicted and actual"),
        ("    value: [cost, earned]\n", "a metric of a join has one value"),
        ("    bin: {of: earned, bounds: [1]}\n", "'bin' is of a number of the first that keeps its name"),
        ("    each: {of: x, label: y, take: missing}\n", "what a join makes feeds counters and histograms"),
    ])
    func `keep what metrics ask for`(_ more: String, reason: String) {
        #expect(fault(Self.join + Self.metric + more)?.hasSuffix(": " + reason) == true)
    }

    @Test(arguments: [
        ("window: 7d", "window: 1ms", "'window' is 1s to 365d"),
        ("window: 7d", "window: 366d", "'window' is 1s to 365d"),
        ("    key: click\n", "", "the key 'key' is missing"),
        ("event: purchase", "event: click", "'pair', 'result' and the two events are four different event types"),
        ("{shop: place}", "{campaign: place}", "texts of a pair have different names, none of them 'result'"),
        ("{shop: place}", "{result: place}", "texts of a pair have different names, none of them 'result'"),
        ("{earned: revenue}", "{delay: revenue}", "numbers of a pair have different names, none of them 'delay'"),
        ("[cost]", "[cost, a, b]", "at most 2 numbers are kept of a side"),
        ("label: campaign", "label: shop", "the first keeps no text 'shop'"),
        ("clicks_waiting", "bought_total", "only the name of a counter ends in _total: 'bought_total'"),
    ])
    func `are checked by themselves`(_ text: String, other: String, reason: String) {
        let changed = Self.join.replacing(text, with: other)
        #expect(changed != Self.join)
        #expect(fault(changed + Self.metric)?.hasSuffix(": " + reason) == true)
    }

    @Test func `are not defined twice, and measures are of pairs`() {
        let second = Self.join.replacing("joins:\n", with: "").replacing("pair: bought", with: "pair: other")
        #expect(fault(Self.join + second + Self.metric)?.contains("is of another join already") == true)
        let twice = "classes: [{name: a, event: e, label: l}, {name: a, event: e, label: m}]\nmetrics: []"
        #expect(fault(twice) == "d.yml:1: the class 'a' of 'e' is defined twice")
        #expect(
            fault(Self.metric + "    measure: {brier: [a, b]}\n")?.hasSuffix("'measure' is of metrics of pairs") == true
        )
        #expect(
            fault("classes: [{name: a, event: e, label: l, threshold: 0.5}]\nmetrics: []")
                == "d.yml:1: 'threshold' goes with 'score'"
        )
    }
}
