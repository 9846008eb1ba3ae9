// SPDX-License-Identifier: Apache-2.0

/// Looks for the file of a LevelDB database that is damaged: LevelDB mostly says no more than that one is.
enum DamagedFile {
    /// What is wrong with the first file that has something wrong, beginning with its path; nil when nothing is found, or
    /// nothing can be read.
    ///
    /// - Complexity: O(database).
    static func fault(inDatabase path: String) -> String? {
        let folder = Folder(path)
        do throws(StoreError) {
            var found = StoreVerification()
            for name in try folder.names() where found.faults.isEmpty {
                let file = path + "/" + name
                if name.hasSuffix(".ldb") {
                    try TableCheck(file).run(&found)
                } else if name.hasSuffix(".log") || name.hasPrefix("MANIFEST-") {
                    try LogCheck(file, tellsTornEnd: false).run(&found)
                }
            }
            return found.faults.first
        } catch {
            // What LevelDB said is told, without the file.
            return nil
        }
    }

    /// Whether a message of LevelDB tells a file itself.
    static func isTold(_ message: String) -> Bool {
        [".ldb", ".log", "MANIFEST-", "CURRENT"].contains { message.contains($0) }
    }
}
