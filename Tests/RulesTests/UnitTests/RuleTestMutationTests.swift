// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Rules

@Suite struct `Changed files of rule unit tests` {
    /// A file that passes, and in which no number may be another one.
    private static let passing = """
        rule_files: [rules.yml]
        tests:
          - interval: 1m
            start_timestamp: 86400
            input_series:
              - {series: 'spend{campaign="7"}', values: '53+31x4 99 stale'}
              - {series: 'wait', values: '_ _ {{count:9 sum:6 buckets:[5 4]}} stale'}
            alert_rule_test:
              - eval_time: 4m
                alertname: OverBudget
                exp_alerts:
                  - exp_labels: {campaign: 7, severity: page}
                    exp_annotations: {summary: Too much money}
            promql_expr_test:
              - expr: sum(spend) + time()
                eval_time: 1m
                exp_samples: [{value: 86544}]
              - {expr: spend, eval_time: 5m, exp_samples: [{labels: 'spend{campaign="7"}', value: 99}]}
              - expr: sum(spend * 3 + time())
                eval_time: 4m
                exp_samples: [{value: 87171}]
              - expr: wait
                eval_time: 2m
                exp_samples:
                  - labels: wait
                    histogram: '{{count:9 sum:6 buckets:[5 4]}}'
        """

    @Test func `the file as it is passes`() throws {
        #expect(try RuleTestFiles(rules: budgetRules, tests: Self.passing).failures().isEmpty)
    }

    @Test func `no number can be changed without a failure`() throws {
        let bytes = Array(Self.passing.utf8)
        var survivors: [String] = []
        var count = 0
        for index in bytes.indices where isNumber(bytes, index) {
            var changed = bytes
            changed[index] = bytes[index] == UInt8(ascii: "9") ? UInt8(ascii: "1") : bytes[index] + 1
            count += 1
            let files = try RuleTestFiles(rules: budgetRules, tests: String(decoding: changed, as: UTF8.self))
            if !files.faults().isEmpty { continue }
            if try files.failures().isEmpty {
                survivors.append(String(decoding: changed[max(0, index - 30)...index], as: UTF8.self))
            }
        }
        #expect(count > 40)
        #expect(survivors.isEmpty)
    }

    private func isNumber(_ bytes: [UInt8], _ index: Int) -> Bool { (0x30...0x39).contains(bytes[index]) }

    @Test func `a file of any bytes is read or refused`() throws {
        var random = SeededRandom(for: "a file of any bytes is read or refused")
        let original = Array(Self.passing.utf8)
        var ran = 0
        for _ in 0..<600 {
            var bytes = original
            for _ in 0...random.below(3) { mutate(&bytes, &random) }
            let files = try RuleTestFiles(rules: budgetRules, tests: "")
            try writeBytes(bytes, to: files.path)
            guard let unit = try? RuleUnitTests(contentsOf: files.path) else { continue }
            // Years at a minute each are understood, but would take their time.
            let steps = unit.file.tests.map { $0.lastEvalTime / unit.file.evaluationInterval }.max() ?? 0
            guard steps < 5_000 else { continue }
            for failure in unit.run() { #expect(!failure.description.isEmpty) }
            ran += 1
        }
        #expect(ran > 0)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let place = random.below(bytes.count)
        switch random.below(5) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("{}[]:,\"'xms0-9_ \n&*<~.".utf8)[random.below(22)], at: place)
        case 3:
            let end = min(bytes.count, place + random.below(40))
            bytes.removeSubrange(place..<end)
            if bytes.isEmpty { bytes = [0x20] }
        default:
            let end = min(bytes.count, place + random.below(40))
            bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
        }
    }
}
