// SPDX-License-Identifier: Apache-2.0

extension Cursor {
    /// Calls `body` with every entry whose key begins with `prefix`, in key order. An empty prefix is everything.
    ///
    /// All of them, or an error. Damage is thrown at the end, when `body` has seen what could be read before and behind
    /// it, so what `body` gathered counts only if this returns. The bytes are valid until `body` returns. The cursor is
    /// left anywhere; `body` must not move it.
    ///
    /// - Complexity: O(log n + m) for m entries.
    /// - Throws: a ``LevelDBError`` as ``checkError()``, or what `body` throws, which ends the loop.
    public func forEach(
        prefix: [UInt8],
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try prefix.withUnsafeBytes { prefix in
            try seek(to: prefix)
            try forEachFromHere(while: { $0.hasPrefix(prefix) }, body)
        }
    }

    /// Calls `body` with every entry from `start`, inclusive, to `end`, exclusive, in key order. `nil` is no bound; an
    /// `end` that does not come after `start` gives no entry.
    ///
    /// In all else as ``forEach(prefix:_:)``.
    ///
    /// - Complexity: O(log n + m) for m entries.
    /// - Throws: a ``LevelDBError`` as ``checkError()``, or what `body` throws, which ends the loop.
    public func forEach(
        from start: [UInt8]? = nil,
        to end: [UInt8]? = nil,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if let start {
            try seek(to: start)
        } else {
            try seekToFirst()
        }
        guard let end else { return try forEachFromHere(while: { _ in true }, body) }
        try end.withUnsafeBytes { end in
            try forEachFromHere(while: { $0.precedes(end) }, body)
        }
    }

    /// Calls `body` with every entry whose key begins with `prefix`, in key order, until it answers false.
    ///
    /// In all else as ``forEach(prefix:_:)``; for a caller that wants typed errors. Damage that was passed is thrown also
    /// when `body` ends the loop: what `body` saw may then be wrong because of it.
    ///
    /// - Complexity: O(log n + m) for m entries.
    /// - Throws: as ``checkError()``.
    public func scan(
        prefix: [UInt8],
        while body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) throws(LevelDBError) {
        try prefix.withRawBytes { prefix throws(LevelDBError) in
            try seek(to: prefix)
            while isValid {
                let key = key
                guard key.hasPrefix(prefix), body(key, value) else { break }
                advanceUnchecked()
            }
            try moved()
        }
    }

    private func forEachFromHere(
        while isInside: (UnsafeRawBufferPointer) -> Bool,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        while isValid {
            let key = key
            guard isInside(key) else { break }
            try body(key, value)
            advanceUnchecked()
        }
        try moved()
    }
}
