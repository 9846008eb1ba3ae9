// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

private let reach = MetricDefinition(
    name: "reach",
    help: "A.",
    kind: .distinct,
    events: ["view"],
    value: ["customer", "guest"],
    labels: ["campaign"]
)

@Suite struct `Distinct counts` {
    /// The register of a text, by the parts of which the rule is made.
    private func register(_ text: String) -> String {
        var hash = SipHash13(testKey.derived("elements"))
        hash.add(Array(text.utf8), count: text.utf8.count)
        let register = PointDetail.register(ofHash: hash.finish())
        return "r \(register >> 6) \(register & 63)"
    }

    @Test func `a value raises the register of its hash, and the same value does so once`() throws {
        let ingestion = Ingestion([reach])
        try ingestion.add(
            """
            {"type":"view","time":30,"campaign":"a","customer":"c-1"}
            {"type":"view","time":31,"campaign":"a","customer":"c-1"}
            {"type":"view","time":31,"campaign":"b","customer":"c\\u002d1"}
            {"type":"view","time":45,"campaign":"a","customer":"c-1"}
            {"type":"view","time":45,"campaign":"a","guest":42}
            {"type":"view","time":45,"campaign":"a","guest":"42","customer":null}
            {"type":"view","time":45,"campaign":"a","customer":"","guest":true}
            """
        )
        let place = "reach{campaign=\"a\"}"
        #expect(
            ingestion.points == [
                "\(place) 2 \(register("c-1"))", "reach{campaign=\"b\"} 2 \(register("c-1"))",
                "\(place) 3 \(register("c-1"))", "\(place) 3 \(register("42"))", "\(place) 3 \(register("true"))",
            ]
        )
    }

    @Test func `of one register the greatest rank stays`() throws {
        // Customers whose hashes share an index, by trying.
        func register(_ number: Int) -> UInt32 {
            var hash = SipHash13(testKey.derived("elements"))
            hash.add(Array("\(number)".utf8), count: "\(number)".utf8.count)
            return PointDetail.register(ofHash: hash.finish())
        }
        let wanted = register(0) >> 6
        let sharing = (0...).lazy.filter { register($0) >> 6 == wanted }.prefix(8)
        let ranks = sharing.map { register($0) & 63 }
        #expect(Set(ranks).count > 1)
        let ingestion = Ingestion([reach])
        try ingestion.add(
            sharing.map { "{\"type\":\"view\",\"time\":30,\"customer\":\($0)}" }.joined(separator: "\n")
        )
        #expect(ingestion.points == ["reach 2 r \(wanted) \(try #require(ranks.max()))"])
    }

    @Test func `the hash of a value is fixed: it is on the disks of stores`() {
        // Computed apart from this code.
        #expect(
            testKey.derived("elements") == HashKey(first: 0x1f3f_13ec_6a0e_0248, second: 0xe8e0_2923_9ad9_c411)
        )
        #expect(register("customer-1") == "r 13054 3")
        #expect(register("long customer name") == "r 12570 8")
    }

    @Test func `an identity and a value of the same text have nothing in common`() {
        let batch = decode(#"{"type":"view","id":"same","customer":"same"}"#, schema: EventSchema([reach]))
        let value = UInt64(bitPattern: batch.storage.pointee.values.base[0])
        #expect(value != batch.fingerprints[0])
        var plain = SipHash13(testKey)
        plain.add(Array("same".utf8), count: 4)
        #expect(value != plain.finish())
    }

    @Test func `another customer is a conflict, and an object is none`() throws {
        let ingestion = Ingestion([reach])
        let report = try ingestion.add(
            """
            {"type":"view","id":"1","customer":"a"}
            {"type":"view","id":"1","customer":"a"}
            {"type":"view","id":"1","customer":"b"}
            {"type":"view","id":"2","customer":{"name":"a"}}
            {"type":"view","id":"3"}
            """
        )
        #expect((report.accepted, report.duplicates, report.conflicts, report.rejected) == (1, 1, 1, 2))
        #expect(report.errors.map(\.message) == ["customer: not a string", "view without customer or guest"])
    }

    @Test func `a customer of any length counts`() throws {
        let ingestion = Ingestion([reach])
        let long = String(repeating: "x", count: 100_000)
        #expect(try ingestion.add("{\"type\":\"view\",\"time\":30,\"customer\":\"\(long)\"}").accepted == 1)
        #expect(ingestion.points == ["reach 2 \(register(long))"])
    }
}
