// SPDX-License-Identifier: Apache-2.0

import YAML

/// Mappings as promtool's reader takes them: a value that is left blank counts as one that is not there, and a merge key
/// (`<<: *base`) brings in what another mapping has.
extension YAMLValue {
    /// The members that have a value, of a mapping that has no keys but these.
    func members(_ known: Set<String>) throws(FileError) -> [String: YAMLValue] {
        var members: [String: YAMLValue] = [:]
        for (key, value) in try entries() {
            guard known.contains(key) else {
                throw value.fault("unknown key '\(key)'; known are \(known.sorted().joined(separator: ", "))")
            }
            if !value.isAbsent { members[key] = value }
        }
        return members
    }

    /// The members with whatever keys, each key once: one that stands in the mapping itself before a merged one, and of
    /// merged ones the first.
    func entries() throws(FileError) -> [(key: String, value: YAMLValue)] {
        var merged: [YAMLValue] = []
        var entries: [(key: String, value: YAMLValue)] = []
        for (key, value) in try pairs() {
            if key == "<<" {
                merged += value.isMapping ? [value] : try value.sequence()
            } else {
                entries.append((key, value))
            }
        }
        if merged.isEmpty { return entries }
        var names = Set(entries.map(\.key))
        for mapping in merged {
            for entry in try mapping.entries() where names.insert(entry.key).inserted { entries.append(entry) }
        }
        return entries
    }

    /// Whether nothing stands here: `key:`, `key: ~` or `key: null`.
    var isAbsent: Bool {
        if isMapping || (try? string()) != nil { return false }
        return (try? sequence()) == nil
    }
}
