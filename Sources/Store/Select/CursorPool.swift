// SPDX-License-Identifier: Apache-2.0

import Dispatch
import LevelDB
import Synchronization
import TimeSeries

/// What one thread reads through: all cursors see the database as it was at one moment when their pool was made. A list
/// says through which commit the chunks are, so they have to be of the same state.
final class ReadCursors {
    /// For chunk lists, whose blocks LevelDB checks.
    let lists: Cursor
    /// For sealed eras, whose blocks LevelDB checks; nil when no day is sealed.
    private let sealed: Cursor?
    /// The series whose newest sealed era was looked for last: the cursor stands at it, or behind it.
    private var lastSealed = UInt32.max
    /// For chunks, which carry their own checksums.
    let chunks: Cursor
    /// The series whose lists were read last.
    var lastList = UInt32.max
    /// The series and the span of the chunk that was read last.
    var lastChunk: (series: UInt32, span: UInt16) = (.max, 0)

    /// Whether a chunk may be the next entry behind the one read last: the next series' of the same span, or the next
    /// span's of the same series. From now on this one is the last.
    func follows(_ place: ChunkPlace) -> Bool {
        let last = lastChunk
        lastChunk = (place.series.number, place.span)
        return last.series == place.series.number || last.series &+ 1 == place.series.number && last.span == place.span
    }

    /// A cursor that stands at the newest sealed era of a series if it has one; nil when no day is sealed. Read one series
    /// after the other, it costs a step each.
    func sealed(of id: SeriesID) throws(StoreError) -> Cursor? {
        guard let sealed else { return nil }
        defer { lastSealed = id.number }
        if lastSealed <= id.number, let (series, _) = newestEra(at: sealed) {
            // Between the one looked for last and where the cursor stands there is none.
            if series < id.number { try storeErrors { () throws(LevelDBError) in try sealed.next() } }
            if let (series, _) = newestEra(at: sealed), series >= id.number { return sealed }
        }
        try storeErrors { () throws(LevelDBError) in try sealed.seek(to: KeySpace.newestEra(id, era: 0)) }
        return sealed
    }

    private func newestEra(at cursor: Cursor) -> (series: UInt32, era: UInt16)? {
        cursor.isValid ? KeySpace.newestEra.seriesAndEra(cursor.key) : nil
    }

    /// The cursor for sealed eras, to be moved elsewhere.
    func moveSealed() -> Cursor? {
        lastSealed = .max
        return sealed
    }

    fileprivate init(_ database: Database, withSealed: Bool) {
        let cursors = database.makeCursors(checked: withSealed ? 2 : 1)
        lists = cursors.checked[0]
        sealed = withSealed ? cursors.checked[1] : nil
        chunks = cursors.unchecked
    }

    fileprivate func close() {
        lists.close()
        sealed?.close()
        chunks.close()
    }
}

/// Cursors that all see the same state of the database, some sets of them, for as many threads at a time.
final class CursorPool: Sendable {
    private struct State: @unchecked Sendable {  // Each set is with one thread at a time.
        var free: [ReadCursors]
        var isClosed = false
    }

    private let state: Mutex<State>
    /// As many as there are free sets, or more once the pool is closed.
    private let permits: DispatchSemaphore
    private let count: Int
    private let path: String

    init(_ database: Database, count: Int, withSealed: Bool) {
        path = database.path
        self.count = count
        state = Mutex(State(free: (0..<count).map { _ in ReadCursors(database, withSealed: withSealed) }))
        permits = DispatchSemaphore(value: 0)
        for _ in 0..<count { permits.signal() }
    }

    /// Lends cursors. Waits while all are lent.
    ///
    /// - Throws: what `body` throws, and `io` once the pool is closed.
    func with<Result>(_ body: (ReadCursors) throws(StoreError) -> Result) throws(StoreError) -> Result {
        permits.wait()
        defer { permits.signal() }
        guard let cursors = state.withLock({ $0.isClosed ? nil : $0.free.popLast() }) else {
            throw StoreError(code: .io, message: "\(path) was closed while it was read")
        }
        // Back before the permit is, so that whoever has all permits finds all cursors.
        defer { state.withLock { $0.free.append(cursors) } }
        return try body(cursors)
    }

    /// Gives the cursors back to the database, once those that are lent are back. Idempotent.
    func close() {
        guard
            !state.withLock({ state in
                defer { state.isClosed = true }
                return state.isClosed
            })
        else { return }
        for _ in 0..<count { permits.wait() }
        state.withLock { state in
            for cursors in state.free { cursors.close() }
            state.free = []
        }
        for _ in 0..<count { permits.signal() }
    }
}
