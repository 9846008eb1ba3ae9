// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import TidemarkServer

/// Something that a dashboard asks, ready to be sent.
struct DashboardQuestion {
    enum Kind {
        case instant, range, labelValues(label: String)
    }

    /// Dashboard, panel and name of the query.
    let place: String
    let kind: Kind
    /// Variables and macros filled in, all chosen.
    let expression: String

    /// Everything that a dashboard asks: the queries of its panels, of its variables and of its annotations.
    static func all(in file: Data, filledInFor window: Duration, step: Duration) throws -> [DashboardQuestion] {
        guard let tree = try JSONSerialization.jsonObject(with: file) as? [String: Any],
            let title = tree["title"] as? String,
            let variables = (tree["templating"] as? [String: Any])?["list"] as? [[String: Any]],
            let annotations = (tree["annotations"] as? [String: Any])?["list"] as? [[String: Any]],
            let panels = tree["panels"] as? [[String: Any]]
        else { throw ServerProcess.Failure("no dashboard") }
        let choices = Dictionary(
            uniqueKeysWithValues: variables.compactMap { $0["name"] as? String }.map { ($0, [String]()) }
        )
        func filledIn(_ text: String) -> String {
            DashboardQuery.filledIn(text, choices: choices, window: window, step: step)
        }
        var questions: [DashboardQuestion] = []
        for variable in variables where variable["type"] as? String == "query" {
            guard let text = variable["query"] as? String, let query = DashboardQuery.labelValues(text) else {
                throw ServerProcess.Failure("another kind of variable: \(variable)")
            }
            let place = "\(title) / variable \(query.label)"
            questions.append(
                .init(place: place, kind: .labelValues(label: query.label), expression: filledIn(query.selector))
            )
        }
        for annotation in annotations {
            let text = annotation["expr"] as? String ?? ""
            questions.append(.init(place: "\(title) / annotation", kind: .range, expression: filledIn(text)))
        }
        for panel in panels.flatMap({ [$0] + ($0["panels"] as? [[String: Any]] ?? []) }) {
            for target in panel["targets"] as? [[String: Any]] ?? [] {
                questions.append(
                    .init(
                        place: "\(title) / \(panel["title"] ?? "") \(target["refId"] ?? "")",
                        kind: target["instant"] as? Bool == true ? .instant : .range,
                        expression: filledIn(target["expr"] as? String ?? "")
                    )
                )
            }
        }
        return questions
    }

    /// What a server answers: of each series its samples by time in milliseconds; of label values each as a series.
    ///
    /// - Parameters:
    ///   - window: in Unix seconds; an instant query is asked at its end.
    ///   - step: in seconds.
    func answer(_ port: UInt16, window: ClosedRange<Double>, step: Int) throws -> [String: [Int64: Double]] {
        let text = expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let (start, end) = (window.lowerBound, window.upperBound)
        let path =
            switch kind {
            case .instant: "query?query=\(text)&time=\(end)"
            case .range: "query_range?query=\(text)&start=\(start)&end=\(end)&step=\(step)"
            case .labelValues(let label): "label/\(label)/values?match[]=\(text)&start=\(start)&end=\(end)"
            }
        guard let answer = PlainHTTP.send("GET", "/api/v1/" + path, port: port), answer.status == 200,
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        else { throw ServerProcess.Failure("port \(port) has no answer to \(path)") }
        if let values = json["data"] as? [String] {
            return Dictionary(uniqueKeysWithValues: values.map { ($0, [:]) })
        }
        guard let data = json["data"] as? [String: Any], let result = data["result"] as? [[String: Any]] else {
            throw ServerProcess.Failure("another form: \(answer.body.prefix(200))")
        }
        return Dictionary(
            uniqueKeysWithValues: result.map { element in
                let labels = (element["metric"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }
                let pairs = element["values"] as? [[Any]] ?? [element["value"] as? [Any] ?? []]
                let samples = pairs.compactMap { pair -> (Int64, Double)? in
                    guard pair.count == 2, let time = pair[0] as? Double, let text = pair[1] as? String else {
                        return nil
                    }
                    let value = text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text)
                    return value.map { (Int64((time * 1_000).rounded()), $0) }
                }
                return (
                    labels.map { "\($0.key)=\($0.value)" }.joined(separator: ","),
                    Dictionary(uniqueKeysWithValues: samples)
                )
            }
        )
    }

    /// What is wrong with two answers: one is empty, is no number anywhere, or they are not the same to 1e-9 of the value.
    static func fault(_ ours: [String: [Int64: Double]], _ theirs: [String: [Int64: Double]]) -> String? {
        if ours.isEmpty || theirs.isEmpty {
            return ours.isEmpty && theirs.isEmpty
                ? "no data" : ours.isEmpty ? "no data in Tidemark" : "no data in Prometheus"
        }
        let different = Set(ours.keys).symmetricDifference(theirs.keys)
        if !different.isEmpty { return "series \(different.sorted().prefix(4))" }
        let values = ours.values.flatMap(\.values)
        if !values.isEmpty, values.allSatisfy(\.isNaN) { return "no number" }
        for (name, samples) in theirs {
            let found = ours[name] ?? [:]
            if Set(found.keys) != Set(samples.keys) { return "\(name): samples at other times" }
            for (time, expected) in samples {
                let value = found[time] ?? .nan
                let isSame = value == expected || value.isNaN && expected.isNaN
                // A difference of two large sums has the error of those.
                if !isSame, !(abs(value - expected) <= 1e-9 * max(abs(value), abs(expected), 1e-3)) {
                    return "\(name) at \(time): \(value), in Prometheus \(expected)"
                }
            }
        }
        return nil
    }
}
