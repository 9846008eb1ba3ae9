// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Ingest

/// Cases of OpenMetrics' own tests: a folder each, with the text in `metrics` and the verdict in `test.json`.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: parserCases.path), "the cases are not there"))
struct `OpenMetrics conformance` {
    private struct Verdict: Decodable {
        let file: String
        let shouldParse: Bool
    }

    @Test func `each case of the OpenMetrics project has its verdict`() throws {
        var ran = (valid: 0, faulty: 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: parserCases.path).sorted() {
            let folder = parserCases.appending(path: name)
            let verdict = try JSONDecoder().decode(
                Verdict.self,
                from: Data(contentsOf: folder.appending(path: "test.json"))
            )
            let text = [UInt8](try Data(contentsOf: folder.appending(path: verdict.file)))
            let fault = text.withUnsafeBytes { OpenMetricsValidator.fault(in: $0) }
            #expect((fault == nil) == verdict.shouldParse, "\(name): \(fault?.description ?? "no fault")")
            if let fault {
                let lines = text.count { $0 == 0x0A } + 1
                #expect((1...lines).contains(fault.line), "\(name): line \(fault.line) of \(lines)")
                #expect(!fault.reason.isEmpty)
            }
            if verdict.shouldParse { ran.valid += 1 } else { ran.faulty += 1 }
        }
        print("IngestTests: OpenMetrics conformance, \(ran.valid) valid and \(ran.faulty) faulty cases ran")
        #expect(ran == (44, 167))
    }

    @Test func `what is valid is read without a fault`() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: parserCases.path) where !name.hasPrefix("bad_")
        {
            let text = [UInt8](try Data(contentsOf: parserCases.appending(path: "\(name)/metrics")))
            let reading = ExpositionReading(text, .openMetrics)
            // One of them lies beyond the years that milliseconds in 64 bits count.
            let tooFar = name == "timestamps" ? 1 : 0
            #expect(reading.faults.count == tooFar, "\(name): \(reading.faults)")
            let samples = text.split(separator: 0x0A).count { $0.first != UInt8(ascii: "#") }
            #expect(reading.samples.count == samples - tooFar, "\(name)")
        }
    }
}
