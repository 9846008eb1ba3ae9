// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Tidemark

/// Something that runs in a thread of its own, so that a test may block while it goes on: tasks share few threads.
final class Background<Value: Sendable>: Sendable {
    private let result = Monitor<Result<Value, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [result] in
            let value = Result { try body() }
            result.withLock { $0 = value }
            result.wake()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Blocks until it is done.
    func value() throws -> Value {
        try result.wait { $0 }.get()
    }
}
