// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Rules

@Suite struct `Rule files that were damaged` {
    private static let text = """
        # comment
        groups:
          - name: "shop é"
            interval: 30s
            query_offset: -1m30s
            limit: 7
            labels: &shared
              team: shop
            rules:
              - record: job:orders:rate5m
                expr: sum by (job) (rate(orders_total{a=~"b|c"}[5m]))
                labels: *shared
              - alert: NoOrders
                expr: |
                  job:orders:rate5m == 0
                for: 10m
                keep_firing_for: 1h30m
                annotations:
                  summary: 'Nobody buys.'
          - {name: other, rules: [{alert: A, expr: x > 1e3}]}
        """

    private static let pieces = [
        "\n", "  ", "- ", ": ", "{", "}", "[", "]", "'", "\"", "#", "&a ", "*shared", "|", ">", "!!binary ", "<<: ",
        "? ",
        "null", "~", "---\n", "%YAML 1.1\n", "\u{0}", "\u{FEFF}", "\r\n", "\t", "9223372036854775807", "-", "1y", "0",
        "groups:", "rules:", "expr: x", "é", "\u{1F525}", "\u{7F}", "\u{85}",
    ]

    @Test func `are read or refused, with a line in the file, and what is read can be evaluated`() throws {
        var random = SeededRandom(for: "damaged rule files")
        let whole = Array(Self.text.utf8)
        let source = InMemorySeries()
        source.add(["__name__": "orders_total", "a": "b", "job": "j"], [(0, 1), (60_000, 2)])
        var read = 0
        for _ in 0..<1_000 {
            var bytes = whole
            for _ in 0...random.below(4) { Self.damage(&bytes, &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(RuleFileFaults) {
                for group in try RuleGroup.parse(text, file: "r.yml") {
                    read += 1
                    _ = GroupEvaluator(group, settings: RuleSettings())
                        .evaluate(at: Timestamp(seconds: 60), on: source)
                }
            } catch {
                let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 2
                let known = Set((1...lines).map { "r.yml:\($0):" } + ["r.yml:"])
                #expect(!error.texts.isEmpty)
                for place in error.places { #expect(known.contains(place), "\(error)\n\(text)") }
            }
        }
        #expect(read > 50)
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let place = random.below(bytes.count)
        let end = min(bytes.count, place + random.below(20))
        switch random.below(6) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
        case 2: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 3: bytes[place] ^= 1 << UInt8(random.below(8))
        case 4: bytes.removeSubrange(place...)
        default: bytes.insert(contentsOf: pieces[random.below(pieces.count)].utf8, at: place)
        }
        if bytes.isEmpty { bytes = [0x61] }
    }
}
