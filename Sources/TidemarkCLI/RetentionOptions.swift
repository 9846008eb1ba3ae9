// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// How long sealed days are kept: the flags of commands that write.
struct RetentionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Drop days older than this, such as 400d; kept for ever otherwise.", valueName: "duration"),
        transform: { try RetentionOptions.duration($0, "--retention") }
    )
    var retention: Int?

    @Option(
        help: ArgumentHelp("Drop the oldest days while the data takes more, such as 100GiB.", valueName: "size"),
        transform: { try RetentionOptions.size($0, "--retention-size") }
    )
    var retentionSize: Int?

    @Option(
        help: ArgumentHelp("Drop the oldest days while less is free on the disk, such as 5GiB.", valueName: "size"),
        transform: { try RetentionOptions.size($0, "--min-free-disk") }
    )
    var minFreeDisk: Int?

    /// Whether none was given.
    var isEmpty: Bool { retention == nil && retentionSize == nil && minFreeDisk == nil }

    /// Puts what was given over what is there.
    func apply(to settings: inout RetentionSettings) {
        if let retention { settings.age = retention }
        if let retentionSize { settings.bytes = retentionSize }
        if let minFreeDisk { settings.leastFreeBytes = minFreeDisk }
    }

    private static func duration(_ text: String, _ option: String) throws -> Int {
        guard let seconds = parseDuration(text), seconds > 0 else {
            throw ValidationError("\(option) '\(text)' is not a duration such as 90d or 400d.")
        }
        return seconds
    }

    private static func size(_ text: String, _ option: String) throws -> Int {
        guard let bytes = parseSize(text), bytes > 0 else {
            throw ValidationError("\(option) '\(text)' is not a size such as 5GiB.")
        }
        return bytes
    }
}
