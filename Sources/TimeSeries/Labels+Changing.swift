// SPDX-License-Identifier: Apache-2.0

extension Labels {
    /// With some labels set to other values, or taken away where the value is empty. Of two changes of one name the
    /// later counts.
    ///
    /// - Complexity: O(n m) for n labels and m changes, both short, and the sorting of n + m.
    public func changing(_ changes: [(name: String, value: String)]) -> Labels {
        var changed: [(name: String, value: String)] = pairs.map { ($0.name, $0.value) }
        for change in changes {
            if let place = changed.firstIndex(where: { areSameBytes($0.name, change.name) }) {
                changed[place].value = change.value
            } else {
                changed.append(change)
            }
        }
        return Labels(changed)
    }

    /// Without the metric name.
    public var withoutName: Labels {
        self["__name__"] == nil ? self : changing([("__name__", "")])
    }
}
