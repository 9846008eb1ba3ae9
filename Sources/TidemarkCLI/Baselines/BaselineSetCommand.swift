// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import NIOCore
import Tidemark

/// `tidemark baseline set`: makes a baseline of a training file or of what a window of time has counted.
struct BaselineSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a baseline of a training file, or of the predictions of some time.",
        discussion: """
            A file is CSV with a header, or NDJSON whose objects are rows or predictions. A column whose values are all
            numbers is numeric and gets bins of equal shares; any other is categorical and keeps its most frequent values,
            and `other`. Empty, null and NaN are missing. Columns that are no features (identifiers, the label) are named
            with --leave-out.

            With --start and --end the baseline is what predictions in that time brought. Features that had a baseline then
            keep its bins; numbers that had none were counted in exponential bins, 9 % wide.

            Predictions are compared with the newest baseline of their model and version, or else with the newest of the
            model. What was counted under an older one stays with it. Prints the baseline's number.

            With --url a running server makes it, which was started with --enable-admin-api; the file is no larger than
            its body_limit. The baseline counts from the next event on, without a restart.

            EXAMPLES
              tidemark baseline set --model ctr --from training.csv --leave-out id,clicked
              tidemark baseline set --url http://127.0.0.1:9590 --model ctr --from training.csv
              tidemark baseline set --model ctr --version v2 --start 2026-10-01T00:00:00Z --end 2026-10-08T00:00:00Z
            """
    )

    @OptionGroup var place: BaselinePlace

    @Option(help: "The model.")
    var model: String

    @Option(help: "The version of the model; without it the baseline is for every version that has none of its own.")
    var version: String?

    @Option(name: .customLong("from"), help: ArgumentHelp("Training file.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp("Start of the window, inclusive: RFC 3339 or Unix seconds.", valueName: "time"),
        transform: parseQueryTime
    )
    var start: Timestamp?

    @Option(help: ArgumentHelp("End of the window, exclusive.", valueName: "time"), transform: parseQueryTime)
    var end: Timestamp?

    @Option(help: ArgumentHelp("Bins of a numeric feature, 2 to \(Baseline.mostBins).", valueName: "n"))
    var bins = 10

    @Option(help: ArgumentHelp("Values of a categorical feature that have a bin.", valueName: "n"))
    var top = 20

    @Option(help: ArgumentHelp("Columns of numbers that are categories, separated by commas.", valueName: "names"))
    var categories: String?

    @Option(help: ArgumentHelp("Columns that are no features, separated by commas.", valueName: "names"))
    var leaveOut: String?

    func validate() throws {
        guard !model.isEmpty, version != "" else { throw ValidationError("--model and --version are not empty.") }
        guard (file == nil) != (start == nil && end == nil), (start == nil) == (end == nil) else {
            throw ValidationError("Name a file with --from, or a window with --start and --end.")
        }
        guard (2...Baseline.mostBins).contains(bins) else {
            throw ValidationError("--bins is 2 to \(Baseline.mostBins).")
        }
        guard (0...Baseline.mostCategories).contains(top) else {
            throw ValidationError("--top is 0 to \(Baseline.mostCategories).")
        }
        if file == nil, categories != nil || leaveOut != nil {
            throw ValidationError("--categories and --leave-out go with --from.")
        }
    }

    func run() async throws {
        let set =
            if let server = try place.server {
                try await setRemotely(RemoteBaselines(server: server, client: try place.http.load()))
            } else {
                try file.map(setFrom(file:)) ?? setFromWindow()
            }
        printLine("baseline \(set.number) of \(set.title): \(set.features.count) features, from \(set.source)")
    }

    private func setFrom(file: String) throws -> Baseline {
        // The file first: what is wrong with it is no reason to open the store.
        let read = try Baseline.read(
            file,
            model: model,
            version: version,
            created: SystemClock().now,
            options: TrainingOptions(
                categories: BaselineSetCommand.names(categories),
                leftOut: BaselineSetCommand.names(leaveOut),
                bins: bins,
                topValues: top
            )
        )
        let options = StoreOptions().leavingIdentities
        return try closing(try place.opening { try MetricsStore.open(at: $0, definitions: [], options: options) }) {
            try $0.setBaseline(read)
        }
    }

    private func setFromWindow() throws -> Baseline {
        guard let start, let end else { preconditionFailure("validate() has seen them") }
        return try closing(try place.opening { try openDataDirectory($0) }) {
            try $0.setBaseline(model: model, version: version, from: start, to: end, bins: bins, topValues: top)
        }
    }

    private func setRemotely(_ baselines: RemoteBaselines) async throws -> Baseline {
        var text = ByteBuffer()
        if let file {
            let input = try InputFile(file)
            text.reserveCapacity(input.size ?? 0)
            while try text.writeWithUnsafeMutableBytes(
                minimumWritableBytes: 1 << 20,
                { try input.read(into: $0) }
            ) > 0 {}
            guard text.readableBytes > 0 else { throw CommandFailure("\(file): no rows") }
        }
        return try await baselines.set(
            [
                ("model", model), ("version", version), ("file", file), ("start", start?.rfc3339),
                ("end", end?.rfc3339), ("bins", "\(bins)"), ("top", "\(top)"), ("categories", categories),
                ("leave_out", leaveOut),
            ],
            file: text
        )
    }

    private func closing<Result>(_ store: MetricsStore, _ body: (MetricsStore) throws -> Result) throws -> Result {
        let result: Result
        do {
            result = try body(store)
        } catch {
            try store.close()
            throw error
        }
        try store.close()
        return result
    }

    private static func names(_ list: String?) -> Set<String> {
        Set((list ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
    }
}

extension Baseline {
    /// Model and version for a line of text.
    var title: String { version.map { "\(model), version \($0)" } ?? "\(model), every version" }
}
