// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import TidemarkServer
import UnixSignals

/// Reloads the service on each SIGHUP, until the stop.
struct SignalReload: Service {
    let service: HTTPService

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            // The service has logged why; a bad file changes nothing.
            try? await service.reload()
        }
    }
}
