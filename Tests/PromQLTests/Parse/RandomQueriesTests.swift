// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PromQL

@Suite("Random queries")
struct RandomQueriesTests {
    @Test("made from the grammar are read, printed and formatted, and read again to the same")
    func roundTrip() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        var queries = RandomQueries(seed: seed)
        var longest = 0
        for _ in 0..<1_000 {
            let query = queries.vector(4)
            do throws(QueryError) {
                let expression = try QueryEngine.parse(query)
                let printed = try QueryEngine.parse(expression.description)
                let formatted = try QueryEngine.parse(try QueryEngine.format(query))
                longest = max(longest, query.utf8.count)
                guard printed.isSame(as: expression), formatted.isSame(as: expression) else {
                    Issue.record("seed \(seed): \(query) → \(expression)")
                    return
                }
                #expect(expression.isLonger(than: 100) == (expression.description.utf8.count > 100))
            } catch {
                Issue.record("seed \(seed): \(query): \(error)")
                return
            }
        }
        #expect(longest > 400)
    }

    @Test("with some bytes changed are read or refused with a place in the text")
    func mutations() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        var queries = RandomQueries(seed: seed)
        let spice = Array("()[]{}\"'`\\,:=!~<>@+-*/%^0123456789_.eExsmhdwy#\n é\u{FFFD}byonstep".utf8)
        var refused = 0
        for _ in 0..<2_000 {
            var bytes = Array(queries.vector(3).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &queries.random) {
                let index = Int.random(in: 0..<bytes.count, using: &queries.random)
                switch Int.random(in: 0..<4, using: &queries.random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(spice.randomElement(using: &queries.random)!, at: index)
                case 2: bytes.removeSubrange(index..<min(bytes.count, index + 10))
                default: bytes[index] = spice.randomElement(using: &queries.random)!
                }
                if bytes.isEmpty { bytes = [0x61] }
            }
            let query = String(decoding: bytes, as: UTF8.self)
            do throws(QueryError) {
                let expression = try QueryEngine.parse(query)
                guard try QueryEngine.parse(expression.description).isSame(as: expression) else {
                    Issue.record("seed \(seed): \(query) → \(expression)")
                    return
                }
            } catch {
                refused += 1
                let end = error.position?.end ?? .max
                #expect(end <= query.utf8.count && error.kind == .badData, "seed \(seed): \(query): \(error)")
            }
        }
        #expect(refused > 400)
    }
}
