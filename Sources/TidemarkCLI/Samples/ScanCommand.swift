// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark

/// `tidemark scan`: reads everything there is and counts it.
struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Read every sample of a data directory and count them: is all of it readable, and how fast?",
        discussion: """
            Decodes every chunk into columns, as a query does, on one core, and checks every checksum on the way. The
            last line on stdout is JSON:
              {"series":N,"samples":N,"seconds":S}
            With --repeat the directory is read so many times, and the fastest counts.
            """
    )

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(help: "First instant, RFC 3339, inclusive. (default: the first sample)", transform: parseTimeArgument)
    var start: Timestamp?

    @Option(help: "Last instant, RFC 3339, inclusive. (default: now)", transform: parseTimeArgument)
    var end: Timestamp?

    @Option(name: .customLong("repeat"), help: "How often to read it.")
    var rounds = 1

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--repeat is a number from 1 on.") }
    }

    func run() throws {
        let store = try openDataDirectory(data)
        defer { try? store.close() }
        let selection = SeriesSelection(
            [],
            from: start ?? Timestamp(milliseconds: 0),
            through: end ?? Timestamp(milliseconds: SystemClock().now.milliseconds + 600_000)
        )
        let columns = SampleColumns()
        var samples = 0
        var series = 0
        var fastest = Double.infinity
        for _ in 0..<rounds {
            let clock = ContinuousClock()
            let start = clock.now
            let set = try store.view().select(selection)
            (series, samples) = (set.count, 0)
            for index in 0..<set.count {
                try set.read(index, into: columns)
                samples += columns.count
            }
            fastest = min(fastest, (clock.now - start) / .seconds(1))
        }
        printLine("{\"series\":\(series),\"samples\":\(samples),\"seconds\":\(fastest)}")
    }
}

/// Opens a directory for what takes no events; it has to be there.
func openDataDirectory(_ path: String, options: StoreOptions = StoreOptions()) throws -> MetricsStore {
    guard access(path + "/FORMAT", F_OK) == 0 else { throw CommandFailure("\(path) is not a data directory") }
    return try MetricsStore.open(at: path, definitions: [], options: options.leavingIdentities)
}

extension StoreOptions {
    /// For what takes no events: how long the directory's server remembers identities is not known here.
    var leavingIdentities: StoreOptions {
        var options = self
        options.expiresIdentities = false
        return options
    }
}

/// An RFC 3339 time.
func parseTimeArgument(_ text: String) throws -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
        throw ValidationError("'\(text)' is not an RFC 3339 time such as 2026-03-01T00:00:00Z.")
    }
    return time
}
