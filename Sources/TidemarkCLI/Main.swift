// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CMalloc
import Glibc

/// The executable's entry: parses, runs, and turns errors into one line and an exit code.
///
/// | code | means |
/// |---|---|
/// | 0 | all good, or help was asked for |
/// | 1 | a failure; one line on stderr says which |
/// | 2 | the command line is wrong |
/// | 3 | some events were rejected, the rest is committed |
@main
enum Main {
    static func main() async {
        // Buffers of a megabyte come and go with every piece of a file and every body. By default the C library gives
        // each back to the system, and the next one costs a page fault for every 4 KiB.
        mallopt(M_MMAP_THRESHOLD, 64 << 20)
        mallopt(M_TRIM_THRESHOLD, 128 << 20)
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line and returns its exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try TidemarkCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        let code = TidemarkCommand.exitCode(for: error)
        if code == .success {
            // --help and --version come as errors.
            printLine(TidemarkCommand.fullMessage(for: error))
            return 0
        }
        if code == .validationFailure {
            // ArgumentParser's own code, 64, is BSD's; 2 is what shells and Prometheus' tools use.
            printError(TidemarkCommand.fullMessage(for: error))
            return 2
        }
        printError("tidemark: \(error)")
        return 1
    }
}
