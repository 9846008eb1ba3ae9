// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import TidemarkCLI

/// The bytes of one run, cut into lines.
struct Output {
    let generator: EventGenerator
    let summary: GeneratorSummary
    let bytes: Data
    /// Without their newlines.
    let lines: [String]
    /// Sizes of the blocks that the bytes came in.
    let blocks: [Int]
    /// Whether each block ended with a newline.
    let blocksEndLines: Bool

    init(_ configuration: GeneratorConfiguration) throws {
        generator = try EventGenerator(configuration: configuration)
        var bytes = Data()
        var blocks: [Int] = []
        var blocksEndLines = true
        summary = generator.run { block in
            bytes.append(contentsOf: block)
            blocks.append(block.count)
            blocksEndLines = blocksEndLines && block.last == UInt8(ascii: "\n")
        }
        self.bytes = bytes
        lines = Self.lines(of: bytes)
        self.blocks = blocks
        self.blocksEndLines = blocksEndLines
    }

    init(seed: UInt64, events: Int) throws {
        try self.init(GeneratorConfiguration(seed: seed, events: events))
    }

    /// Cuts after each newline, by the C library for speed.
    static func lines(of bytes: Data) -> [String] {
        bytes.withUnsafeBytes { all in
            var lines: [String] = []
            var rest = all
            while let start = rest.baseAddress, let newline = memchr(start, 10, rest.count) {
                let length = UnsafeRawPointer(newline) - start
                lines.append(String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self))
                rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
            }
            return lines
        }
    }

    /// FNV-1a, 64 bits (https://datatracker.ietf.org/doc/draft-eastlake-fnv/).
    var checksum: UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// One line taken apart, independently of the code that wrote it.
///
/// It leans on the C library for speed: the tests look at some hundred thousand lines without optimisation.
struct Event {
    let line: String
    let id: String
    let type: String
    let campaign: String
    let milliseconds: Int64

    /// Reads a flat JSON object without escapes, which is what the generator writes.
    init(line: String) {
        self.line = line
        id = Self.value(of: "id", in: line)
        type = Self.value(of: "type", in: line)
        campaign = Self.value(of: "campaign", in: line)
        milliseconds = Self.milliseconds(Self.value(of: "time", in: line))
    }

    /// The value of a field as it is written, without quotes; empty when the line has no such field.
    subscript(field: String) -> String { Self.value(of: field, in: line) }

    private static func value(of field: String, in line: String) -> String {
        line.withCString { text in
            guard let key = strstr(text, "\"\(field)\":") else { return "" }
            var start = key + field.utf8.count + 3
            let isQuoted = start.pointee == CChar(UInt8(ascii: "\""))
            if isQuoted { start += 1 }
            let length = strcspn(start, isQuoted ? "\"" : ",}")
            return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        }
    }

    /// By the C library's calendar, so that it can disagree with `CivilDate`.
    private static func milliseconds(_ text: String) -> Int64 {
        text.withCString { start in
            guard strlen(start) == 24, start[23] == CChar(UInt8(ascii: "Z")) else { return .min }
            var parts = tm()
            parts.tm_year = atoi(start) - 1900
            parts.tm_mon = atoi(start + 5) - 1
            parts.tm_mday = atoi(start + 8)
            parts.tm_hour = atoi(start + 11)
            parts.tm_min = atoi(start + 14)
            parts.tm_sec = atoi(start + 17)
            return Int64(timegm(&parts)) * 1000 + Int64(atoi(start + 20))
        }
    }
}

/// A day of 150,000 lines, made once for the tests that only look at it.
enum SharedDay {
    static let seed: UInt64 = 20_260_105
    static let lines = 150_000
    static let output = Result { try Output(seed: seed, events: lines) }
    static let events = Result { try output.get().lines.map(Event.init(line:)) }
    /// In order of arrival, each event once.
    static let distinct = Result {
        var seen: Set<String> = []
        return try events.get().filter { seen.insert($0.id).inserted }
    }
}

/// How many standard deviations `hits` of `trials` is away from `rate`.
func deviations(hits: Int, trials: Int, rate: Double) -> Double {
    (Double(hits) - Double(trials) * rate) / (Double(trials) * rate * (1 - rate)).squareRoot()
}
