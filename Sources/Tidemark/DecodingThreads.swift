// SPDX-License-Identifier: Apache-2.0

import Foundation
import Ingest
import TimeSeries

/// Threads that decode the pieces of one file, one for each core.
///
/// Threads of our own: a command runs on the pool of Swift's concurrency, and while it blocks there a Dispatch queue on
/// a machine of one core has no thread left to work on, which it notices only after a second.
final class DecodingThreads: Sendable {
    private struct State {
        var pieces: [DecodingPiece] = []
        var isOver = false
    }

    private let state = Monitor(State())

    /// How many threads there are.
    let count = ProcessInfo.processInfo.activeProcessorCount

    init() {
        for _ in 0..<count {
            let thread = Thread { [state] in
                var last: (engine: Engine, decoder: EventDecoder)?
                while let piece = state.wait({ DecodingThreads.next(&$0) }) {
                    // The decoder is kept from piece to piece, with what it has learnt.
                    if last?.engine !== piece.engine { last = (piece.engine, piece.makeDecoder()) }
                    if let last { piece.decode(last.decoder) }
                }
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Ends the threads once everything is decoded.
    deinit {
        state.withLock { $0.isOver = true }
        state.wake()
    }

    /// Decodes a piece as soon as a thread is free.
    func decode(_ piece: DecodingPiece) {
        state.withLock { $0.pieces.append(piece) }
        state.wake()
    }

    /// The next piece, `.some(nil)` at the end, or nil while there is nothing to do.
    private static func next(_ state: inout State) -> DecodingPiece?? {
        if !state.pieces.isEmpty { return .some(state.pieces.removeFirst()) }
        return state.isOver ? .some(nil) : .none
    }
}

/// A piece of a file with its events to be.
final class DecodingPiece: Sendable {
    /// Whole lines of NDJSON.
    let text: PieceBuffer
    /// By whose definitions it is decoded.
    let engine: Engine
    private let mapping: EventMapping?
    private let arrival: Timestamp
    private let isFirst: Bool
    private let spent: EventBatch?
    private let batch = Monitor<EventBatch?>(nil)

    /// - Parameter spent: a batch that nobody needs any more, to be filled again.
    init(
        text: PieceBuffer,
        engine: Engine,
        mapping: EventMapping?,
        arrival: Timestamp,
        isFirst: Bool,
        spent: EventBatch?
    ) {
        self.text = text
        self.engine = engine
        self.mapping = mapping
        self.arrival = arrival
        self.isFirst = isFirst
        self.spent = spent
    }

    fileprivate func makeDecoder() -> EventDecoder {
        EventDecoder(schema: engine.schema, key: engine.key, mapping: mapping)
    }

    fileprivate func decode(_ decoder: EventDecoder) {
        let decoded = decoder.decode(text.bytes, format: .ndjson, arrival: arrival, isFirst: isFirst, reusing: spent)
        batch.withLock { $0 = decoded }
        batch.wake()
    }

    /// The events, once they are decoded.
    func wait() -> EventBatch {
        batch.wait { $0 }
    }
}
