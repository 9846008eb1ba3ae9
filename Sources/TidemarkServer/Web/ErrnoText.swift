// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The system's words for an `errno` value: "Permission denied".
public func errorText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: base)
    }
}
