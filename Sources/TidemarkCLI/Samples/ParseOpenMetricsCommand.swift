// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark parse-openmetrics`: whether a text is valid OpenMetrics.
struct ParseOpenMetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse-openmetrics",
        abstract: "Check that a text is valid OpenMetrics 1.0.",
        discussion: """
            Reads standard input, or a file. Exit code 0: valid; 1: not valid, and stderr has the first fault as
            line N: reason; 2: wrong usage.

            EXAMPLES
              tidemark parse-openmetrics < metrics.txt
              curl -sH 'Accept: application/openmetrics-text' localhost:9590/metrics | tidemark parse-openmetrics
            """
    )

    @Argument(help: ArgumentHelp("File to read; - is standard input.", valueName: "file"))
    var file = "-"

    func run() throws {
        let text = try InputFile(file).readAll()
        guard let fault = text.withUnsafeBytes({ OpenMetricsValidator.fault(in: $0) }) else { return }
        printError(fault.description)
        throw ExitCode(1)
    }
}

extension InputFile {
    /// All bytes from here to the end.
    func readAll() throws -> [UInt8] {
        var all: [UInt8] = []
        var count = 0
        repeat {
            // As much again as is there, so that a long text is copied few times.
            let piece = try [UInt8](unsafeUninitializedCapacity: max(1 << 16, all.count)) { memory, filled in
                filled = try read(into: UnsafeMutableRawBufferPointer(memory))
            }
            count = piece.count
            all += piece
        } while count > 0
        return all
    }
}
