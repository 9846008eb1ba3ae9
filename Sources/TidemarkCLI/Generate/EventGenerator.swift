// SPDX-License-Identifier: Apache-2.0

/// Writes simulated ad-campaign events as NDJSON in the order of arrival, the same bytes for the same configuration.
///
/// Memory does not grow with the number of lines, only with the lines that wait for their time (clicks, conversions,
/// retries; about 2 % of an hour's traffic).
struct EventGenerator {
    let configuration: GeneratorConfiguration
    let catalog: CampaignCatalog
    /// What is planted in the events; nil when nothing is.
    let planted: PlantedIncident?

    init(configuration: GeneratorConfiguration) throws(InvalidGeneratorConfiguration) {
        try configuration.validate()
        self.configuration = configuration
        catalog = CampaignCatalog(seed: configuration.seed)
        planted = PlantedIncident(configuration: configuration, catalog: catalog)
    }

    /// Hands all lines to `write`, in blocks of about 256 KiB that end at a line's end.
    ///
    /// Each call starts over, with the same bytes.
    ///
    /// - Parameter write: takes the bytes; they are valid only during the call.
    /// - Throws: only what `write` throws, at once; the rest is not generated.
    /// - Complexity: O(N) time, about 0.2 µs for a line; O(delayed lines) memory.
    func run(write: (UnsafeRawBufferPointer) throws -> Void) rethrows -> GeneratorSummary {
        var writer = LineWriter(configuration: configuration, catalog: catalog, planted: planted)
        for slot in 0..<UInt64(configuration.events) {
            writer.writeLine(inSlot: slot)
            if writer.buffer.isNearlyFull { try writer.buffer.drain(write) }
        }
        try writer.buffer.drain(write)
        return writer.summary
    }
}
