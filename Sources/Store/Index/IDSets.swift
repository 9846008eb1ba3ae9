// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ascending numbers below a bound, one bit each.
struct IDBitmap: ~Copyable {
    private let words: UnsafeMutablePointer<UInt64>
    private let wordCount: Int
    private let limit: UInt32

    /// The numbers of some lists that are below `limit`.
    init(_ lists: [IDList], below limit: UInt32) {
        self.limit = limit
        wordCount = Int(limit) / 64 + 1
        words = .allocate(capacity: wordCount)
        words.initialize(repeating: 0, count: wordCount)
        let words = words
        for list in lists {
            list.forEachSpan(below: limit) { span in
                for id in span { words[Int(id >> 6)] |= 1 << UInt64(id & 63) }
            }
        }
    }

    deinit { words.deallocate() }

    /// Whether a number below the bound is in it.
    @inline(__always)
    func contains(_ id: UInt32) -> Bool {
        words[Int(id >> 6)] >> UInt64(id & 63) & 1 != 0
    }

    /// The numbers.
    ///
    /// - Parameter most: there are not more.
    func ids(most: Int) -> [UInt32] {
        Array(unsafeUninitializedCapacity: most) { ids, count in
            for index in 0..<wordCount {
                var word = words[index]
                while word != 0 {
                    ids[count] = UInt32(index << 6 + word.trailingZeroBitCount)
                    count += 1
                    word &= word - 1
                }
            }
        }
    }
}

extension [IDList] {
    /// How many numbers there are in all.
    var total: Int { reduce(0) { $0 + Int($1.count) } }

    /// The numbers of all lists that are below `limit`, ascending; no number is in two lists.
    ///
    /// - Complexity: O(numbers), and O(limit / 64) unless there are few.
    func union(below limit: UInt32) -> [UInt32] {
        let total = Swift.min(total, Int(limit))
        guard count > 1, total > 256 + Int(limit) / 1_024 else {
            var ids: [UInt32] = []
            ids.reserveCapacity(total)
            for list in self { list.forEachSpan(below: limit) { ids += $0 } }
            if count > 1 { ids.sort() }
            return ids
        }
        return IDBitmap(self, below: limit).ids(most: total)
    }
}

extension [UInt32] {
    /// Of ascending numbers below `limit` those that are in one of the lists, or those that are in none.
    ///
    /// - Complexity: for each list O(n log m), n the smaller and m the greater of its count and this; or O(all).
    func keeping(_ inside: Bool, _ lists: [IDList], below limit: UInt32) -> [UInt32] {
        let leaps = lists.reduce(0) { $0 + Swift.min(Int($1.count), count) }
        if leaps * 8 > Int(limit) / 64 + lists.total + count {
            let bitmap = IDBitmap(lists, below: limit)
            return keeping { bitmap.contains(self[$0]) == inside }
        }
        var hits = [Bool](repeating: false, count: count)
        withUnsafeBufferPointer { ids in
            hits.withUnsafeMutableBufferPointer { hits in
                for list in lists { mark(ids, list, &hits) }
            }
        }
        return keeping { hits[$0] == inside }
    }

    /// The numbers at the places that are asked for.
    @inline(__always)
    func keeping(at isKept: (Int) -> Bool) -> [UInt32] {
        Array(unsafeUninitializedCapacity: count) { kept, total in
            for place in indices where isKept(place) {
                kept[total] = self[place]
                total += 1
            }
        }
    }
}

/// Sets the places of `hits` whose number is in the list.
private func mark(
    _ ids: UnsafeBufferPointer<UInt32>,
    _ list: IDList,
    _ hits: inout UnsafeMutableBufferPointer<Bool>
) {
    guard let start = ids.baseAddress else { return }
    if Int(list.count) < ids.count {
        var at = 0
        list.forEachSpan(below: .max) { span in
            for id in span where at < ids.count {
                at = firstIndex(notLess: id, in: start, from: at, to: ids.count)
                if at < ids.count, start[at] == id { hits[at] = true }
            }
        }
    } else {
        var cursor = IDList.Cursor(list)
        for place in ids.indices {
            cursor.seek(start[place])
            if cursor.current == start[place] { hits[place] = true }
        }
    }
}
