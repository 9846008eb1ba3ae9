// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// The lines of a simulated incident, moved in time.
struct IncidentStream {
    /// The day in which all of its times lie before they are moved.
    static let day = "2026-11-20"
    /// The start of that day, in Unix seconds.
    static let start = 1_795_132_800

    /// With a zero at the end.
    private var bytes: [UInt8]
    private let shift: Int
    private var position = 0
    private var texts: [Int: [UInt8]] = [:]

    /// - Parameters:
    ///   - file: what `tidemark events generate --start <day>T00:00:00Z` wrote.
    ///   - shift: seconds by which each event is later.
    init(file: String, shift: Int) throws {
        bytes = Array(try Data(contentsOf: URL(filePath: file))) + [0]
        self.shift = shift
    }

    /// The next lines, up to the first one that happens after an instant in Unix seconds.
    mutating func take(through instant: Int) throws -> [UInt8] {
        let first = position
        while position < bytes.count - 1 {
            let lineEnd = find("\n", from: position).map { $0 + 1 } ?? bytes.count - 1
            guard let place = find("\"time\":\"\(Self.day)T", from: position), place < lineEnd else {
                throw ServerProcess.Failure(
                    "no such time in line \(String(decoding: bytes[position..<lineEnd], as: UTF8.self))"
                )
            }
            let time = place + 8
            let numbers = [11, 14, 17].map { Int(bytes[time + $0] - 48) * 10 + Int(bytes[time + $0 + 1] - 48) }
            let moved = Self.start + numbers[0] * 3_600 + numbers[1] * 60 + numbers[2] + shift
            if moved >= instant { break }
            for (place, byte) in text(moved).enumerated() { bytes[time + place] = byte }
            position = lineEnd
        }
        return Array(bytes[first..<position])
    }

    private func find(_ text: String, from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            let base = all.assumingMemoryBound(to: CChar.self).baseAddress
            guard let base, let found = strstr(base + start, text) else { return nil }
            return found - UnsafeMutablePointer(mutating: base)
        }
    }

    /// A time as `2026-11-20T12:34:56`.
    private mutating func text(_ seconds: Int) -> [UInt8] {
        if let known = texts[seconds] { return known }
        let made = Array(rfc3339(seconds).utf8.dropLast())
        texts[seconds] = made
        return made
    }
}

/// Unix seconds as `2026-11-20T12:34:56Z`.
func rfc3339(_ seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
