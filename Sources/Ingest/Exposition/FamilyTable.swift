// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The metadata of a file as it has been read so far, and the families of its samples.
struct FamilyTable {
    private struct Metadata {
        var type: MetricType = .unknown
        var help = ""
    }

    private var metadata: [String: Metadata] = [:]
    /// The families that have been asked for since the metadata changed last.
    private var known: [String: MetricFamily] = [:]

    /// Takes in a line. What it says counts for series that are met later; units are part of the name, and not kept.
    mutating func add(_ line: MetadataLine) {
        let before = metadata[line.family] ?? Metadata()
        var now = before
        switch line.content {
        case .help(let help): now.help = help
        case .type(let type): now.type = type
        case .unit: break
        }
        metadata[line.family] = now
        if now.type != before.type || now.help != before.help { known.removeAll(keepingCapacity: true) }
    }

    /// The family of the samples of a name: its own metadata, or that of the family whose type has such samples.
    mutating func family(ofSamplesNamed name: String) -> MetricFamily {
        // Swift's strings are equal when they look alike; names are when their bytes are.
        if let family = known[name], family.name.utf8.elementsEqual(name.utf8) { return family }
        let found = metadata[name] ?? ownerMetadata(of: name) ?? Metadata()
        let family = MetricFamily(samplesNamed: name, help: found.help, type: found.type)
        known[name] = family
        return family
    }

    private func ownerMetadata(of name: String) -> Metadata? {
        guard let underscore = name.utf8.lastIndex(of: UInt8(ascii: "_")) else { return nil }
        let suffix = String(name[underscore...])
        let base = String(name[..<underscore])
        // Text 0.0.4 has the family of a counter named as its samples, `_total` included.
        if suffix == "_created", let counter = metadata[base + "_total"], counter.type == .counter { return counter }
        guard let owner = metadata[base], owner.type.sampleSuffixes.contains(suffix) else { return nil }
        return owner
    }
}
