// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import PromQL

/// The expressions of Prometheus's own test scripts.
@Suite("The expressions of the conformance scripts")
struct ConformanceExpressionsTests {
    /// An expression that is evaluated somewhere, and whether that is expected to fail.
    struct Evaluation {
        var place: String
        var text: String
        var mayFail: Bool
    }

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../../../shared/conformance/promqltest").standardizedFileURL

    static func evaluations() throws -> [Evaluation] {
        var evaluations: [Evaluation] = []
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files.filter({ $0.pathExtension == "test" }).sorted(by: { $0.path < $1.path }) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let line = line.drop { $0 == " " || $0 == "\t" }
                guard line.hasPrefix("e") else { continue }
                let place = "\(file.lastPathComponent):\(index + 1)"
                if let match = line.firstMatch(of: #/^eval(\w*)\s+instant\s+at\s+\S+\s+(.+)$/#) {
                    evaluations.append(Evaluation(place: place, text: String(match.2), mayFail: match.1 == "_fail"))
                } else if let match = line.firstMatch(
                    of: #/^eval(\w*)\s+range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+\s+(.+)$/#
                ) {
                    evaluations.append(Evaluation(place: place, text: String(match.2), mayFail: match.1 == "_fail"))
                } else if line.hasPrefix("eval") {
                    Issue.record("\(place) is no known eval: \(line)")
                } else if line.hasPrefix("expect fail"), !evaluations.isEmpty {
                    evaluations[evaluations.count - 1].mayFail = true
                }
            }
        }
        return evaluations
    }

    @Test(
        "Each one that is not expected to fail is read, printed, and read again to the same",
        .enabled(if: FileManager.default.fileExists(atPath: folder.path))
    )
    func roundTrip() throws {
        let evaluations = try ConformanceExpressionsTests.evaluations()
        var count = 0
        for evaluation in evaluations where !evaluation.mayFail {
            do {
                let expression = try QueryEngine.parse(evaluation.text)
                let again = try QueryEngine.parse(expression.description)
                #expect(expression.isSame(as: again), "\(evaluation.place): \(evaluation.text) → \(expression)")
                let written = try QueryEngine.format(evaluation.text)
                let formatted = try QueryEngine.parse(written)
                #expect(expression.isSame(as: formatted), "\(evaluation.place): \(evaluation.text) → \(written)")
                count += 1
            } catch {
                Issue.record("\(evaluation.place): \(evaluation.text): \(error)")
            }
        }
        print("conformance: \(count) expressions of \(evaluations.count) evals read, printed and read again")
        #expect(count > 2_000)
    }
}
