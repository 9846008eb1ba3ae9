// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The page of metrics about Tidemark itself, once there is a server to make it; empty before.
final class OwnPage: Sendable {
    /// A struct: a closure that is a generic parameter itself, or an element of a tuple that is one, is wrapped anew at each
    /// access and never unwrapped, until calling it takes more than the stack.
    private struct Source {
        var render: @Sendable () -> ByteBuffer = { ByteBuffer(string: "# EOF\n") }
    }

    private let source = Mutex(Source())

    /// From now on the page is what `render` makes, on the thread of whoever asks.
    func come(from render: @escaping @Sendable () -> ByteBuffer) {
        source.withLock { $0.render = render }
    }

    /// The page as it is now.
    var text: ByteBuffer {
        let render = source.withLock { $0.render }
        return render()
    }
}
