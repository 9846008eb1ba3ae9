// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization
import TestSupport
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// A clock of a store that is moved by hand.
final class MovedClock: WallClock {
    private let milliseconds: Mutex<Int64>

    /// 2026-03-01T12:00:00Z unless said otherwise.
    init(_ seconds: Int64 = 1_772_366_400) { milliseconds = Mutex(seconds * 1_000) }

    var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }

    func advance(_ duration: Duration) { milliseconds.withLock { $0 += duration.milliseconds } }
}

/// One sample of one series.
struct SentSample: Hashable {
    var labels: Labels
    var milliseconds: Int64
    var bits: UInt64
}

/// Pauses that take no time, written down; the sender stands still in them.
final class Pauses: Sendable {
    private struct State {
        var taken: [Duration] = []
        var handler: @Sendable (Duration) -> Void = { _ in }
    }

    private let state = Mutex(State())

    var taken: [Duration] { state.withLock { $0.taken } }

    func onPause(_ handler: @escaping @Sendable (Duration) -> Void) { state.withLock { $0.handler = handler } }

    var waiting: RemoteWriteSender.Waiting {
        RemoteWriteSender.Waiting(
            pause: { [self] duration in
                let handler = state.withLock { state in
                    state.taken.append(duration)
                    return state.handler
                }
                handler(duration)
            },
            wake: {},
            random: { 1 }
        )
    }
}

extension RemoteWriteSender {
    /// Sends until there is nothing more to send, or it was broken off.
    func sendAll() async throws {
        try await onThread { [self] in
            let client = try EndpointClient(settings.endpoint)
            while !isAborted, step(client) == .zero {}
        }
    }
}

extension AlertReceiver.Request {
    /// The message in it.
    func message() throws -> WriteRequest {
        let message = try bytes.withUnsafeBytes { try Snappy.decompress($0, limit: 1 << 24) }
        let isFirst = headers["content-type"] == RemoteWriteVersion.v1.contentType
        return try message.withUnsafeReadableBytes { try WriteRequest($0, isFirst ? .v1 : .v2) }
    }
}

extension WriteRequest {
    var samples: [SentSample] {
        series.flatMap { one in
            zip(one.times, one.values).map { SentSample(labels: one.labels, milliseconds: $0, bits: $1) }
        }
    }
}

/// All that a source has behind a time, through another.
func samples(of source: any SeriesSource, after start: Timestamp, through end: Timestamp) throws -> [SentSample] {
    let first = Timestamp(milliseconds: start.milliseconds + 1)
    let set = try source.select(SeriesSelection([], from: first, through: end))
    let columns = SampleColumns()
    var all: [SentSample] = []
    for index in 0..<set.count {
        try set.read(index, into: columns)
        for sample in 0..<columns.count {
            all.append(
                SentSample(
                    labels: set.labels(index),
                    milliseconds: columns.timestamps[sample],
                    bits: columns.values[sample].bitPattern
                )
            )
        }
    }
    return all
}
