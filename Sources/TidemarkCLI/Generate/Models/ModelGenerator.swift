// SPDX-License-Identifier: Apache-2.0

/// Writes events of simulated models as NDJSON in the order of arrival, the same bytes for the same configuration.
///
/// Memory does not grow with the number of lines, only with the lines that wait for their time: outcomes and retries of
/// the last hours.
struct ModelGenerator {
    let configuration: GeneratorConfiguration
    /// What is planted in the events; nil when nothing is.
    let planted: PlantedModelIncident?

    init(configuration: GeneratorConfiguration) throws(InvalidGeneratorConfiguration) {
        try configuration.validate()
        guard configuration.profile == .full else {
            throw InvalidGeneratorConfiguration(message: "events of models have no lean profile")
        }
        self.configuration = configuration
        planted = PlantedModelIncident(configuration: configuration)
    }

    /// Hands all lines to `write`, in blocks of about 256 KiB that end at a line's end.
    ///
    /// Each call starts over, with the same bytes.
    ///
    /// - Parameter write: takes the bytes; they are valid only during the call.
    /// - Throws: only what `write` throws, at once; the rest is not generated.
    /// - Complexity: O(N log D) time and O(D) memory, D being the lines that wait.
    func run(write: (UnsafeRawBufferPointer) throws -> Void) rethrows -> ModelSummary {
        var writer = ModelLineWriter(configuration: configuration, planted: planted)
        for slot in 0..<UInt64(configuration.events) {
            writer.writeLine(inSlot: slot)
            if writer.buffer.isNearlyFull { try writer.buffer.drain(write) }
        }
        try writer.buffer.drain(write)
        return writer.summary
    }
}
