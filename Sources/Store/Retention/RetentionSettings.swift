// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// How long sealed days are kept. The oldest are dropped until all of it holds.
public struct RetentionSettings: Sendable, Equatable {
    /// A day is dropped so many seconds of event time after its end; nil keeps days however old they are.
    public var age: Int?
    /// Bytes that the store may have on the disk.
    public var bytes: Int?
    /// Bytes that are to stay free on its file system.
    public var leastFreeBytes: Int?
    /// Metrics that are kept for a shorter time: seconds by name.
    public var metrics: [String: Int] = [:]

    /// Keeps everything.
    public init(age: Int? = nil, bytes: Int? = nil, leastFreeBytes: Int? = nil, metrics: [String: Int] = [:]) {
        self.age = age
        self.bytes = bytes
        self.leastFreeBytes = leastFreeBytes
        self.metrics = metrics
    }

    /// The metrics of which a day has nothing that is still kept.
    ///
    /// - Parameter now: how far event time has come.
    func thinned(day: UInt32, now: Timestamp) -> ThinnedMetrics {
        guard !metrics.isEmpty else { return ThinnedMetrics([]) }
        let age = (now.milliseconds - (Int64(day) + 1) * 86_400_000) / 1_000
        return ThinnedMetrics(Set(metrics.filter { Int64($0.value) <= age }.keys))
    }
}

/// Metrics that a day's file leaves out.
struct ThinnedMetrics: Equatable, Sendable {
    private let names: Set<String>

    init(_ names: Set<String>) {
        self.names = names
    }

    var isEmpty: Bool { names.isEmpty }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// Their names, ascending.
    var sorted: [String] { names.isEmpty ? [] : names.sorted() }

    func union(_ other: ThinnedMetrics) -> ThinnedMetrics {
        other.isEmpty ? self : ThinnedMetrics(names.union(other.names))
    }

    /// Those that the other ones have not.
    func subtracting(_ other: ThinnedMetrics) -> ThinnedMetrics { ThinnedMetrics(names.subtracting(other.names)) }
}
