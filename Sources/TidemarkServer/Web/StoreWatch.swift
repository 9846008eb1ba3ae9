// SPDX-License-Identifier: Apache-2.0

import Logging
import Tidemark

/// Tells the log what the store could not do beside taking events: seal a day, exchange its database. Such a thing is
/// tried again by itself; the metrics page counts it, and only the log says which file or entry it was.
struct StoreWatch: Sendable {
    /// How often was told what.
    struct Told: Equatable {
        var days = 0
        var rotations: UInt64 = 0
    }

    let store: any EventStore
    let logger: Logger
    private static let interval = Duration.seconds(10)

    /// Looks every ten seconds, until it is cancelled.
    func run() async {
        var told = Told()
        while (try? await Task.sleep(for: StoreWatch.interval)) != nil { look(&told) }
        look(&told)
    }

    /// Tells what is new.
    func look(_ told: inout Told) {
        let statistics = store.statistics()
        if statistics.days.failures > told.days, let failure = statistics.days.lastFailure {
            logger.error("a day could not be sealed or dropped and is as it was: \(failure)")
        }
        if statistics.rotationFailures > told.rotations, let failure = statistics.rotationFailure {
            logger.error("the database could not be rotated: \(failure)")
        }
        told = Told(days: statistics.days.failures, rotations: statistics.rotationFailures)
    }
}
