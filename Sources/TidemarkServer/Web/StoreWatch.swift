// SPDX-License-Identifier: Apache-2.0

import Logging
import Tidemark

/// Tells the log what the store could not do beside taking events: exchange its database. Such a thing is tried again by
/// itself; the metrics page counts it, and only the log says why.
struct StoreWatch: Sendable {
    let store: any EventStore
    let logger: Logger
    private static let interval = Duration.seconds(10)

    /// Looks every ten seconds, until it is cancelled, and then once more.
    func run() async {
        var told: UInt64 = 0
        while (try? await Task.sleep(for: StoreWatch.interval)) != nil { look(&told) }
        look(&told)
    }

    /// Tells what is new.
    ///
    /// - Parameter told: how many failures were there when it last looked.
    func look(_ told: inout UInt64) {
        let statistics = store.statistics()
        if statistics.rotationFailures > told, let failure = statistics.rotationFailure {
            logger.error("the database could not be rotated, and goes on as it is: \(failure)")
        }
        told = statistics.rotationFailures
    }
}
