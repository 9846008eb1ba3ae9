// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How many processors the machine has.
enum ProcessorCount {
    /// Those that can be used now; at least 1.
    static let active = max(1, ProcessInfo.processInfo.activeProcessorCount)
}
