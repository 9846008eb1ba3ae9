// SPDX-License-Identifier: Apache-2.0

extension Labels {
    /// A label set of pairs that are in order already.
    ///
    /// - Precondition: names are in ascending order of bytes, each once; no value is empty.
    /// - Complexity: O(n).
    public init(ordered pairs: some Sequence<(name: String, value: String)>) {
        self.pairs = pairs.map { Pair(name: $0.name, value: $0.value) }
        assert(zip(self.pairs, self.pairs.dropFirst()).allSatisfy { Labels.bytesPrecede($0.name, $1.name) })
        assert(self.pairs.allSatisfy { !$0.value.isEmpty })
    }
}
