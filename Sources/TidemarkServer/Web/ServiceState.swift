// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tidemark

/// What may change while the service runs, and is read by requests.
final class ServiceState: Sendable {
    /// Where the service is in its life.
    enum Phase: Sendable {
        case starting, ready, stopping
    }

    private let phaseBox = Mutex<Phase>(.starting)
    private let mappingBox: Mutex<[String: EventMapping]>

    init(mappings: [EventMapping]) {
        mappingBox = Mutex(Self.byName(mappings))
    }

    var phase: Phase {
        get { phaseBox.withLock { $0 } }
        set { phaseBox.withLock { $0 = newValue } }
    }

    /// The mapping `?mapping=NAME` means.
    func mapping(named name: String) -> EventMapping? {
        mappingBox.withLock { $0[name] }
    }

    /// All names, sorted, for error messages.
    var mappingNames: [String] {
        mappingBox.withLock { $0.keys.sorted() }
    }

    /// Replaces all mappings; requests already under way keep theirs.
    func replaceMappings(_ mappings: [EventMapping]) {
        let named = Self.byName(mappings)
        mappingBox.withLock { $0 = named }
    }

    private static func byName(_ mappings: [EventMapping]) -> [String: EventMapping] {
        Dictionary(mappings.map { ($0.name, $0) }) { _, last in last }
    }
}
