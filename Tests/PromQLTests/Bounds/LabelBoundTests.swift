// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

/// The labels of an instant query's answer over no series.
private func labels(_ query: String, _ source: InMemorySeries = InMemorySeries()) throws -> [Labels] {
    let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 0), on: source)
    guard case .vector(_, let columns) = result.value else { return [] }
    return columns.labels
}

@Suite struct `Label values` {
    private func nested(_ times: Int, _ around: (String) -> String) -> String {
        (0..<times).reduce(#"label_replace(vector(1),"a","x","","")"#) { query, _ in around(query) }
    }

    @Test func `that double each time end at 64 KiB`() throws {
        let replace = { (query: String) in #"label_replace(\#(query),"a","$1$1","a","(.*)")"# }
        let join = { (query: String) in #"label_join(\#(query),"a","","a","a")"# }
        for (around, name) in [(replace, "label_replace"), (join, "label_join")] {
            #expect(try labels(nested(16, around))[0]["a"]?.utf8.count == 1 << 16)
            let error = #expect(throws: QueryError.self) { try labels(nested(40, around)) }
            #expect(error?.kind == .execution)
            #expect(error?.message == "\(name)() makes a value of label \"a\" longer than 65536 bytes")
        }
    }

    @Test func `that look alike stay apart`() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let source = InMemorySeries()
        source.add(["__name__": "m", "v": composed], [(0, 1)])
        source.add(["__name__": "m", "v": decomposed], [(0, 2)])
        let copied = try labels(#"label_replace(m, "copy", "$1", "v", "(.*)")"#, source)
        #expect(copied.count == 2)
        for labels in copied {
            #expect(try Array(#require(labels["copy"]).utf8) == Array(#require(labels["v"]).utf8))
        }
    }

    @Test func `are found by the bytes of their names`() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let labels = Labels([(name: composed, value: "1"), (name: decomposed, value: "2")])
        #expect(labels[composed] == "1" && labels[decomposed] == "2")
        let source = InMemorySeries()
        source.add(Labels([(name: "__name__", value: "m"), (name: composed, value: "1")]), [(0, 1)])
        source.add(Labels([(name: "__name__", value: "m"), (name: composed, value: "2")]), [(0, 1)])
        #expect(try PromQLTests.labels("sum by (\"\(decomposed)\") (m)", source) == [[:]])
        #expect(try PromQLTests.labels("sum by (\"\(composed)\") (m)", source).count == 2)
    }

    @Test(arguments: [#""""#, #""\xff""#])
    func `of histogram_quantiles need a name`(_ name: String) {
        let error = #expect(throws: QueryError.self) { try labels("histogram_quantiles(vector(1), \(name), 0.5)") }
        #expect(error?.message.hasPrefix("invalid label name in histogram_quantiles(): ") == true)
    }
}
