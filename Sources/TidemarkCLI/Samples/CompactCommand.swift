// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark compact`: a data directory made as small as it gets.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Write the journal into chunks and drop from the files what is no longer needed.",
        discussion: """
            A store does this by itself as it goes on; this does it now, for a directory that is to be copied or will not
            be written for long. Days that are due are sealed. Nothing that can be read changes, but for days that the
            options have dropped.
            """
    )

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @OptionGroup
    var retention: RetentionOptions

    func run() throws {
        var options = StoreOptions()
        retention.apply(to: &options.retention)
        let store = try openDataDirectory(data, options: options)
        let before = store.statistics().storeBytes
        do {
            try store.compact()
        } catch {
            try? store.close()
            throw error
        }
        let after = store.statistics().storeBytes
        try store.close()
        printLine("{\"bytes_before\":\(before),\"bytes_after\":\(after)}")
    }
}
