// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TimeSeries

extension SeriesIndex {
    /// A family with its series.
    struct Family: Sendable {
        let family: MetricFamily
        /// Its series, ordered by label text.
        let members: [UInt32]
    }

    /// All families with their series in order of labels, and all entries, as they are now.
    ///
    /// Sorts while series are added, but one thread at a time.
    ///
    /// - Complexity: O(families), and O(n log n) in the series that are new since it was last asked.
    func ordered() -> (families: [Family], entries: Entries) {
        order.withLock { order in
            let (families, members) = state.withLock { ($0.families, $0.members) }
            while order.count < families.count { order.append([]) }
            for index in families.indices where order[index].count < Int(members[index].count) {
                order[index] = merged(order[index], with: members[index])
            }
            let pairs = zip(families, order).map { Family(family: $0, members: $1) }
            return (pairs, allEntries)
        }
    }

    /// `old`, which is ordered and holds the first series of the list, with the others.
    private func merged(_ old: [UInt32], with list: IDList) -> [UInt32] {
        let added = list.numbers(from: old.count).sorted(by: precedes)
        var merged: [UInt32] = []
        merged.reserveCapacity(old.count + added.count)
        var at = 0
        for id in added {
            while at < old.count, precedes(old[at], id) {
                merged.append(old[at])
                at += 1
            }
            merged.append(id)
        }
        merged += old[at...]
        return merged
    }

    private func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let a = entries[Int(left)].text
        let b = entries[Int(right)].text
        let order = memcmp(a.start, b.start, min(a.count, b.count))
        return order != 0 ? order < 0 : a.count < b.count
    }
}

extension IDList {
    /// The numbers, but for the first `skipped`.
    fileprivate func numbers(from skipped: Int) -> [UInt32] {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(Int(count) - skipped)
        var before = 0
        forEachSpan(below: .max) { span in
            if before + span.count > skipped { numbers += span[max(skipped - before, 0)...] }
            before += span.count
        }
        return numbers
    }
}
