// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A stock Prometheus that scrapes Tidemark makes the same drift, quality and alerts of the same rule files.
///
/// Every duration of the shipped files is 180 times shorter: an hour is 20 seconds, a day 8 minutes.
@Suite(.serialized) struct PrometheusModelRulesTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let files = [
        "recording/model.yml", "recording/model_quality.yml", "alerts/model.yml", "alerts/model_quality.yml",
    ]
    /// Seconds that an hour of the rules lasts.
    private static let hour = 20
    /// Seconds between two evaluations, in both.
    private static let interval = 3
    /// Series that are the same whenever the scrapes are.
    private static let distances =
        ["psi:value", "kl:value"]
        + ["jensenshannon", "hellinger", "total_variation", "ks", "wasserstein"].map { "\($0):distance" }
        + ["missing:change", "missing:ratio"]
    private static let scores = [
        "accuracy:ratio", "error:ratio", "precision:ratio", "recall:ratio", "f1:ratio", "mcc:ratio", "log_loss:mean",
        "brier:mean", "brier_skill:ratio", "auc:ratio", "auc:halfwidth", "calibration_error:ratio", "calibration:ratio",
        "accuracy_estimated:ratio", "absolute_error:mean", "squared_error:root_mean", "r2:ratio",
        "label_coverage:ratio",
        "trivial_error:ratio", "error_skill:ratio",
    ]

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `drift, quality and alerts of models are the same in both`() async throws {
        let began = ContinuousClock.now
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let rules = try ShortenedRules.write(Self.files, hour: Self.hour, folder: folder + "/rules")
        try ModelTraffic.trainingFile.write(toFile: folder + "/training.csv", atomically: true, encoding: .utf8)
        try """
        resolution: 1s
        rules: [\(rules.joined(separator: ", "))]
        evaluation_interval: \(Self.interval)s
        """.write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        let server = try ServerProcess(
            data: folder + "/data",
            arguments: ["--config", folder + "/tidemark.yml", "--enable-admin-api"]
        )
        for model in ["churn", "offers"] {
            let set = try Program.run(
                Program.tidemark,
                [
                    "baseline", "set", "--url", "http://127.0.0.1:\(server.port)", "--model", model, "--from",
                    folder + "/training.csv",
                ]
            )
            #expect(set.status == 0, "\(set.errors)")
        }
        var live = LiveModels(server: server, traffic: ModelTraffic(start: LiveModels.now))
        try live.send()
        let peer = try await ScrapingPrometheus(
            target: server.port,
            rules: rules,
            interval: "\(Self.interval)s",
            folder: folder
        )

        // Nothing is said before there are two windows, of which the second is compared with the first; and what is
        // usual then stays so for as long again.
        let usual = try await live.agree(with: peer, after: 3 * Self.hour + 5)
        #expect(
            usual.alerts.sorted()
                == ["ModelErrorRateHigh coin 1 - firing", "ModelNoBetterThanTrivial coin 1 - firing"]
        )
        live.traffic.isIncident = true
        // Once the shortest window lies in the incident, and its labels have stayed away for long enough.
        let incident = try await live.agree(with: peer, after: Self.hour + 4 * Self.interval)
        #expect(
            incident.alerts.sorted() == [
                "ModelErrorRateHigh churn 2 - firing", "ModelErrorRateHigh coin 1 - firing",
                "ModelFeatureDrift churn 2 age firing", "ModelFeatureDrift offers 1 age firing",
                "ModelFeatureDrift offers 1 plan firing", "ModelLabelsMissing fraud - - firing",
                "ModelNoBetterThanTrivial coin 1 - firing", "ModelVersionWorse churn 2 - firing",
            ]
        )

        for (moment, seen) in [("usual", usual), ("incident", incident)] {
            let compared = seen.comparison
            print(
                "\(moment): \(compared.exact) series the same to \(compared.largestExact) of their value,",
                "\(compared.close) within what scrapes explain"
            )
            #expect(compared.exact > 600 && compared.close > 1_000)
            let names =
                Self.distances.map { "model_feature_window:\($0)" } + Self.scores.map { "model_version_window:\($0)" }
                + ["model:features_drifted:ratio", "model_usable", "model_maturity:label_coverage:ratio"]
            #expect(compared.exactNames.isSuperset(of: names), "\(Set(names).subtracting(compared.exactNames))")
            #expect(seen.series.names.contains("model_feature_window:chisquare:statistic"))
        }
        print("alerts are \(incident.mostApart) s apart at most, evaluations were \(incident.mostBehind) s behind")
        // A scrape, two groups one after the other, and what a busy machine makes of it.
        #expect(incident.mostApart <= Double(2 * Self.interval + 2) + incident.mostBehind)
        try Self.checkValues(usual.series, incident.series)
        print("\(began.duration(to: .now)) in all")
        #expect(server.stop() == 0)
    }

    /// What is the same is what the batches were made to give.
    private static func checkValues(_ usual: RecordedModelSeries, _ incident: RecordedModelSeries) throws {
        func hour(_ series: RecordedModelSeries, _ name: String, _ labels: [String: String]) throws -> Double {
            try #require(series.value(name, labels.merging(["window": "1h"]) { $1 }), "\(name) \(labels)")
        }
        let age = ["model": "offers", "version": "1", "feature": "age", "baseline": "1"]
        for distance in distances.prefix(7) {
            let name = "model_feature_window:\(distance)"
            #expect(try hour(usual, name, age) < 0.02, "\(name)")
            #expect(try hour(incident, name, age) > 0.4, "\(name)")
        }
        let plan = age.merging(["feature": "plan"]) { $1 }
        #expect(try hour(usual, "model_feature_window:missing:change", plan) == 0)
        #expect(try abs(hour(incident, "model_feature_window:missing:change", plan) - 7.0 / 20) < 1e-9)
        for (version, wrong) in [("1", 2.0 / 30), ("2", 5.0 / 20)] {
            let churn = ["model": "churn", "version": version]
            #expect(try abs(hour(incident, "model_version_window:error:ratio", churn) - wrong) < 1e-9)
        }
        #expect(usual.value("model_usable", ["model": "churn", "version": "1"]) == 1)
        #expect(incident.value("model_usable", ["model": "churn", "version": "2"]) == 0)
    }
}

/// The traffic on its way into a server.
private struct LiveModels {
    let server: ServerProcess
    var traffic: ModelTraffic

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// What both say when they agree.
    struct Agreement {
        let series: RecordedModelSeries
        let comparison: RecordedModelSeries.Comparison
        /// Name, model, version, feature and state of each alert.
        let alerts: [String]
        /// The most seconds between the times at which an alert became active, of those that did since the call.
        let mostApart: Double
        /// The most seconds between now and the newest evaluation that both had begun, whenever it was looked at.
        let mostBehind: Double
    }

    /// Sends what is due.
    mutating func send() throws {
        let lines = traffic.take(through: LiveModels.now)
        if lines.isEmpty { return }
        let answer = PlainHTTP.send(
            "POST",
            "/api/v1/events",
            port: server.port,
            headers: ["Content-Type": "application/x-ndjson"],
            body: lines
        )
        guard answer?.status == 200, answer?.body.contains(#""rejected":0"#) == true else {
            throw ServerProcess.Failure("not taken: \(String(describing: answer))")
        }
    }

    /// Sends for so many seconds, and then until both agree about every series and alert.
    mutating func agree(with peer: ScrapingPrometheus, after seconds: Int) async throws -> Agreement {
        let began = Double(LiveModels.now) / 1_000
        var next = ContinuousClock.now
        var behind = 0.0
        var differences = ["nothing was compared"]
        do {
            return try await waitFor("both agree", atMost: seconds + 60) {
                try send()
                guard ContinuousClock.now >= next else { return nil }
                defer { next = .now + .seconds(1) }
                // Debug builds on a busy machine evaluate late, but what they evaluate is of the time when it was due.
                let newest = try [server.port, peer.port].compactMap { try RecordedModelSeries.newest(port: $0) }
                guard newest.count == 2, let time = newest.min() else { return nil }
                behind = max(behind, Double(LiveModels.now) / 1_000 - time)
                guard time >= began + Double(seconds) else { return nil }
                let (ours, theirs) = (try look(server.port, at: time), try look(peer.port, at: time))
                let comparison = ours.series.compare(theirs.series, isIncident: traffic.isIncident)
                differences = comparison.differences
                guard ours.alerts.map(LiveModels.text) == theirs.alerts.map(LiveModels.text) else {
                    differences.append("alerts: \(ours.alerts)\nin Prometheus: \(theirs.alerts)")
                    return nil
                }
                let apart = zip(ours.alerts, theirs.alerts).filter { $0.0.activeAt >= began }
                    .map { abs($0.activeAt - $1.activeAt) }
                guard differences.isEmpty, ours.alerts.allSatisfy(\.isFiring) else { return nil }
                return Agreement(
                    series: ours.series,
                    comparison: comparison,
                    alerts: ours.alerts.map { alert in
                        ([alert.name] + ["model", "version", "feature"].map { alert.labels[$0] ?? "-" } + [alert.state])
                            .joined(separator: " ")
                    },
                    mostApart: apart.max() ?? 0,
                    mostBehind: behind
                )
            }
        } catch {
            let shown = differences.sorted().prefix(40).joined(separator: "\n")
            throw ServerProcess.Failure("\(error); \(differences.count) differences:\n\(shown)\n\(peer.errors)")
        }
    }

    private func look(_ port: UInt16, at time: Double) throws -> (series: RecordedModelSeries, alerts: [AlertState]) {
        (
            try RecordedModelSeries(at: time, port: port),
            try AlertState.current(port).sorted { LiveModels.text($0) < LiveModels.text($1) }
        )
    }

    /// Everything of an alert but its time, and the numbers in its annotations, which change between two looks.
    private static func text(_ alert: AlertState) -> String {
        let annotations = alert.annotations.mapValues { $0.replacing(/[-+]?(?:[0-9]+(\.[0-9]+)?|Inf)/, with: "#") }
        let parts = [alert.labels, annotations].map { pairs in
            pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        }
        return "\(alert.state) {\(parts[0])} \(parts[1])"
    }
}
