// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

struct WriteRequestTests {
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `what is written is read`(version: RemoteWriteVersion) throws {
        var random = SeededRandom(for: "write requests")
        var series: [Copy] = []
        for number in 0..<50 {
            let labels = Labels(["__name__": "metric_\(number % 7)", "device": "ü\(random.below(4))", "n": "\(number)"])
            let count = random.below(5)
            series.append(
                Copy(
                    labels: labels,
                    times: (0..<count).map { _ in Int64(bitPattern: random.anyMagnitude()) },
                    values: (0..<count).map { _ in random.anyMagnitude() },
                    help: version == .v2 && number % 3 == 0 ? "Help \(number % 2)." : nil
                )
            )
        }
        var writer = WriteRequestWriter(version)
        for one in series {
            let family = one.help.map { MetricFamily(samplesNamed: "m", help: $0, type: .counter) }
            one.times.withUnsafeBufferPointer { times in
                one.values.withUnsafeBufferPointer { values in
                    writer.append(one.labels.pairs, times: times, values: values, family: family)
                }
            }
        }
        #expect(writer.samples == series.reduce(0) { $0 + $1.times.count })
        #expect(try read(writer.finish(), version).series == series)
    }

    /// The bytes are those of Google's implementation for Python.
    @Test func `the bytes are those of another implementation`() throws {
        let labels = Labels(["__name__": "up", "job": "a"])
        func bytes(_ version: RemoteWriteVersion) -> [UInt8] {
            var writer = WriteRequestWriter(version)
            let (times, values) = ([Int64(1_700_000_000_000), -1], [(1.5).bitPattern, 0])
            times.withUnsafeBufferPointer { times in
                values.withUnsafeBufferPointer { writer.append(labels.pairs, times: times, values: $0) }
            }
            return writer.finish()
        }
        #expect(
            bytes(.v1) == [
                0x0A, 0x39, 0x0A, 0x0E, 0x0A, 0x08, 0x5F, 0x5F, 0x6E, 0x61, 0x6D, 0x65, 0x5F, 0x5F, 0x12, 0x02, 0x75,
                0x70, 0x0A, 0x08, 0x0A, 0x03, 0x6A, 0x6F, 0x62, 0x12, 0x01, 0x61, 0x12, 0x10, 0x09, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0xF8, 0x3F, 0x10, 0x80, 0xD0, 0x95, 0xFF, 0xBC, 0x31, 0x12, 0x0B, 0x10, 0xFF, 0xFF,
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,
            ]
        )
        #expect(
            bytes(.v2) == [
                0x22, 0x00, 0x22, 0x08, 0x5F, 0x5F, 0x6E, 0x61, 0x6D, 0x65, 0x5F, 0x5F, 0x22, 0x02, 0x75, 0x70, 0x22,
                0x03, 0x6A, 0x6F, 0x62, 0x22, 0x01, 0x61, 0x2A, 0x25, 0x0A, 0x04, 0x01, 0x02, 0x03, 0x04, 0x12, 0x10,
                0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF8, 0x3F, 0x10, 0x80, 0xD0, 0x95, 0xFF, 0xBC, 0x31, 0x12,
                0x0B, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,
            ]
        )
    }

    @Test func `metadata of v1 stands beside the series`() throws {
        var writer = WriteRequestWriter(.v1)
        writer.describe(MetricFamily(samplesNamed: "up", help: "Whether.", type: .gauge))
        #expect(try read(writer.finish(), .v1).metadata == ["up 2 Whether."])
    }

    @Test func `unknown fields are passed over`() throws {
        var sample = MessageWriter()
        sample.double(1, bits: 7)
        sample.varint(2, 5)
        sample.varint(3, 4)
        var label = MessageWriter()
        label.text(1, "a")
        label.text(2, "b")
        label.text(77, "c")
        var series = MessageWriter()
        series.message(1, label)
        series.message(2, sample)
        series.varint(900, 1)
        var request = MessageWriter()
        request.message(2, sample)
        request.message(1, series)
        let read = try read(request.bytes, .v1)
        #expect(read.series == [Copy(labels: ["a": "b"], times: [5], values: [7], help: nil)])
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `what is cut off or changed is refused or is another request, and never read beyond`(
        version: RemoteWriteVersion
    ) throws {
        var random = SeededRandom(for: "broken write requests")
        var writer = WriteRequestWriter(version)
        let values: [UInt64] = [1, 2]
        for number in 0..<3 {
            let labels = Labels(["__name__": "m", "n": "\(number)"])
            [Int64(1), 2].withUnsafeBufferPointer { times in
                values.withUnsafeBufferPointer { writer.append(labels.pairs, times: times, values: $0) }
            }
        }
        let whole = writer.finish()
        for count in 0..<whole.count { _ = try? read(Array(whole[..<count]), version) }
        for _ in 0..<20_000 {
            var broken = whole
            for _ in 0...random.below(3) {
                broken[random.below(broken.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? read(broken, version)
        }
    }

    @Test func `references to symbols are in range and in pairs`() throws {
        for references: [UInt64] in [[1, 2, 1], [1, 3], [1]] {
            var packed = MessageWriter()
            for reference in references { packed.number(reference) }
            var series = MessageWriter()
            series.message(1, packed)
            var request = MessageWriter()
            for symbol in ["", "a", "b"] { request.text(4, symbol) }
            request.message(5, series)
            #expect(throws: ByteReader.Malformed.self) { try read(request.bytes, .v2) }
        }
        var request = MessageWriter()
        request.text(4, "not empty")
        #expect(throws: ByteReader.Malformed.self) { try read(request.bytes, .v2) }
    }

    @Test func `a block of Snappy comes back, within its limit`() throws {
        var random = SeededRandom(for: "snappy")
        for count in [0, 1, 100, 100_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 100 + random.below(3)) }
            let block = bytes.withUnsafeBytes { Array(Snappy.compress($0).readableBytesView) }
            let back = try block.withUnsafeBytes { Array(try Snappy.decompress($0, limit: count).readableBytesView) }
            #expect(back == bytes)
            guard count > 0 else { continue }
            let tooLarge = #expect(throws: APIError.self) {
                try block.withUnsafeBytes { _ = try Snappy.decompress($0, limit: count - 1) }
            }
            #expect(tooLarge?.status.code == 413)
            let cutOff = #expect(throws: APIError.self) {
                try block.dropLast().withUnsafeBytes { _ = try Snappy.decompress($0, limit: count) }
            }
            #expect(cutOff?.status.code == 400)
        }
        // Says that it is four gigabytes; and the framing format's first bytes.
        for bad: [UInt8] in [
            [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0], [0xFF, 0x06, 0, 0, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59], [],
        ] {
            #expect(throws: APIError.self) { try bad.withUnsafeBytes { _ = try Snappy.decompress($0, limit: 1 << 33) } }
        }
    }

    // MARK: - What was read

    struct Copy: Equatable {
        var labels: Labels
        var times: [Int64]
        var values: [UInt64]
        var help: String?
    }

    private func read(_ bytes: [UInt8], _ version: RemoteWriteVersion) throws -> (series: [Copy], metadata: [String]) {
        var reader = WriteRequestReader(version)
        var series: [Copy] = []
        var metadata: [String] = []
        try bytes.withUnsafeBytes { bytes in
            try reader.read(bytes) {
                metadata.append(
                    "\(String(decoding: $0.name, as: UTF8.self)) \($0.type) \(String(decoding: $0.help, as: UTF8.self))"
                )
            } _: { one in
                let labels = one.labels.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }
                series.append(
                    Copy(
                        labels: Labels(
                            Dictionary(
                                labels.map { ($0.0, String(decoding: $0.1, as: UTF8.self)) },
                                uniquingKeysWith: { first, _ in first }
                            )
                        ),
                        times: one.times,
                        values: one.values,
                        help: one.help.map { String(decoding: $0, as: UTF8.self) }
                    )
                )
            }
        }
        return (series, metadata)
    }
}
