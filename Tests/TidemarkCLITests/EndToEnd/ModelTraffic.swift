// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Predictions of five models and their outcomes, two equal batches a second.
///
/// A batch is posted whole, so that a scrape sees whole batches. Whatever it missed, it missed of every series in the
/// same proportion: ratios of counts do not hang on when it came.
///
/// | model | usual | in the incident |
/// |---|---|---|
/// | `churn` 1 | 2 of 30 wrong, features nearly as in the baseline | the same |
/// | `churn` 2 | not there | 5 of 20 wrong, `age` drifted |
/// | `offers` | no outcomes, features as in the baseline | `age` drifted, `plan` missing or new |
/// | `price` | numbers, no baseline | the same |
/// | `coin` | worse than always saying the most frequent class | the same |
/// | `fraud` | always right | no outcomes any more |
struct ModelTraffic {
    /// Milliseconds between two batches.
    static let interval: Int64 = 500

    /// Whether the batches to come are those of the incident.
    var isIncident = false
    /// Of the first batch, in Unix milliseconds.
    let start: Int64
    private(set) var batches: Int64 = 0

    /// Rows as `churn` and `offers` were trained on: `age` from 20 to 69, three plans.
    static var trainingFile: String {
        "age,plan\n" + (0..<2_000).map { "\(20 + $0 % 50),\(plan($0 / 50))\n" }.joined()
    }

    /// The batches that are due, as NDJSON; empty when there is none.
    mutating func take(through now: Int64) -> String {
        var lines = ""
        while start + batches * ModelTraffic.interval <= now {
            let time = start + batches * ModelTraffic.interval
            var batch = Batch(
                number: batches,
                time: "\(time / 1_000).\(String(1_000 + time % 1_000).dropFirst())"
            )
            ModelTraffic.add(to: &batch, isIncident: isIncident)
            lines += batch.lines
            batches += 1
        }
        return lines
    }

    private static func plan(_ index: Int) -> String { index % 10 < 5 ? "free" : index % 10 < 8 ? "plus" : "pro" }

    private static func add(to batch: inout Batch, isIncident: Bool) {
        for index in 0..<30 {
            let actual = (index >= 15) != (index == 8 || index == 20)
            batch.add(
                "churn",
                "1",
                score: Double(2 * index + 1) / 60,
                label: actual ? 1 : 0,
                features: #""age":\#(index == 29 ? 40 : 20 + index * 5 / 3),"plan":"\#(plan(index))""#,
                isHeld: index.isMultiple(of: 2)
            )
        }
        for index in 0..<20 {
            let plans = ["null", #""trial""#, #""free""#]
            batch.add(
                "offers",
                "1",
                score: 0.3,
                features: isIncident
                    ? #""age":\#(50 + index),"plan":\#(plans[index % 3])"#
                    : #""age":\#(20 + index * 5 / 2),"plan":"\#(plan(index))""#
            )
            // As wrong as can be where it matters.
            let score = index < 4 ? 0.1 : index < 6 ? 0.9 : 0.2
            batch.add("coin", "1", score: score, label: index < 4 ? 1 : 0)
        }
        for index in 0..<10 {
            let value = 10 * index - 30
            batch.add("price", nil, value: value, actual: value + 2 * (index % 3 - 1), features: #""size":\#(index)"#)
            let isFraud = index.isMultiple(of: 2)
            batch.add("fraud", "1", score: isFraud ? 0.8 : 0.1, label: isIncident ? nil : isFraud ? 1 : 0)
        }
        guard isIncident else { return }
        for index in 0..<20 {
            batch.add(
                "churn",
                "2",
                score: Double(2 * index + 1) / 40,
                label: (index >= 10) != index.isMultiple(of: 4) ? 1 : 0,
                features: #""age":\#(60 + index % 10),"plan":"\#(plan(index))""#
            )
        }
    }
}

/// The lines of one batch.
private struct Batch {
    let number: Int64
    let time: String
    var lines = ""
    private var count = 0

    init(number: Int64, time: String) {
        self.number = number
        self.time = time
    }

    /// A prediction with a class, and its outcome when there is a label; in the batch before the prediction's when it is
    /// held, which the server then does until the prediction comes.
    mutating func add(
        _ model: String,
        _ version: String?,
        score: Double,
        label: Int? = nil,
        features: String = "",
        isHeld: Bool = false
    ) {
        add(model, version, #""score":\#(score)"#, label.map { #""label":\#($0)"# }, features, isHeld)
    }

    /// A prediction with a number, and its outcome.
    mutating func add(_ model: String, _ version: String?, value: Int, actual: Int, features: String) {
        add(model, version, #""value":\#(value)"#, #""value":\#(actual)"#, features, false)
    }

    private mutating func add(
        _ model: String,
        _ version: String?,
        _ predicted: String,
        _ actual: String?,
        _ features: String,
        _ isHeld: Bool
    ) {
        count += 1
        let key = "\(number)/\(count)"
        let version = version.map { #""version":"\#($0)","# } ?? ""
        let prediction =
            #"{"type":"prediction","id":"\#(key)","time":\#(time),"prediction":"\#(key)","model":"\#(model)","#
            + #"\#(version)\#(predicted),"features":{\#(features)}}"# + "\n"
        lines += prediction
        guard let actual else { return }
        let ahead: [Int64] = isHeld ? number == 0 ? [0, 1] : [1] : [0]
        for key in ahead.map({ "\(number + $0)/\(count)" }) {
            lines += #"{"type":"outcome","id":"o\#(key)","time":\#(time),"prediction":"\#(key)",\#(actual)}"# + "\n"
        }
    }
}
