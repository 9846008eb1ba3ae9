// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the package and what lies beside it are, from the place of this file.
enum Project {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Real data for tests; absent on a bare clone.
    static let data = root + "/../shared/data"

    static let hasData = FileManager.default.fileExists(atPath: data + "/openbandit/bts_men.csv")
}
