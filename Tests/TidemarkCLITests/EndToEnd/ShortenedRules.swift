// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Copies of the shipped rule files in which every duration is shorter by the same factor: a day goes by in minutes.
///
/// Changed are ranges, steps of subqueries, offsets, `for` and `keep_firing_for`. Label values such as `window="1h"`
/// stay, so that series have the names that people know.
enum ShortenedRules {
    /// Writes the copies into a folder.
    ///
    /// - Parameters:
    ///   - files: paths below `rules`.
    ///   - hour: how long an hour becomes, in seconds.
    /// - Returns: the paths of the copies.
    static func write(_ files: [String], hour: Int, folder: String) throws -> [String] {
        try files.map { file in
            let text = try String(contentsOfFile: "\(Program.packageRoot)/rules/\(file)", encoding: .utf8)
            let path = "\(folder)/\(file)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try shortened(text, hour: hour).write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
    }

    /// The text of a rule file with shorter durations.
    static func shortened(_ text: String, hour: Int) -> String {
        func milliseconds(_ number: Substring, _ unit: Substring) -> String {
            let seconds = ["s": 1, "m": 60, "h": 3_600, "d": 86_400][String(unit)] ?? 0
            return "\((Int(number) ?? 0) * seconds * 1_000 * hour / 3_600)ms"
        }
        return
            text
            .replacing(/\[([0-9]+)([smhd])(?::([0-9]+)([smhd]))?\]/) { match in
                let step = match.output.3.flatMap { number in match.output.4.map { ":" + milliseconds(number, $0) } }
                return "[" + milliseconds(match.output.1, match.output.2) + (step ?? "") + "]"
            }
            .replacing(/(offset |for: )([0-9]+)([smhd])\b/) { match in
                String(match.output.1) + milliseconds(match.output.2, match.output.3)
            }
    }
}
