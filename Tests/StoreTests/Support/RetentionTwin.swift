// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Store

/// What retention may have dropped of a store, by the settings that were in force at some time, and event time then.
struct RetentionTwin {
    private var floor: Int64 = 0
    private var metricFloors: [String: Int64] = [:]

    private static let day: Int64 = 86_400_000

    /// Days may be dropped, and files thinned, and a view may hide what is older.
    ///
    /// - Parameter now: event time; no later than the clock.
    mutating func allow(_ settings: RetentionSettings, now: Int64) {
        if let age = settings.age { floor = max(floor, (now - Int64(age) * 1_000) / Self.day * Self.day) }
        for (name, seconds) in settings.metrics {
            metricFloors[name] = max(metricFloors[name] ?? 0, now - Int64(seconds) * 1_000)
        }
    }

    /// Everything of a metric from this time on can be read, in milliseconds.
    func latestFloor(of name: String) -> Int64 { max(floor, metricFloors[name] ?? 0) }

    /// Whether a sealed day has to go.
    static func mustDrop(_ day: UInt32, _ settings: RetentionSettings, now: Int64) -> Bool {
        settings.age.map { now - (Int64(day) + 1) * Self.day >= Int64($0) * 1_000 } ?? false
    }
}
