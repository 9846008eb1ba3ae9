// SPDX-License-Identifier: Apache-2.0

/// The files of a data directory that are neither in its hot database nor named by it.
struct SideFiles {
    let path: String

    /// Files beside the database that belong to the directory, such as what webhooks were told. Whoever writes them
    /// writes them whole and moves them to their place.
    func others() throws(StoreError) -> [String] {
        let folder = Folder(path)
        return try folder.names().filter { name in
            !SideFiles.ofTheProcess.contains(name) && !name.hasSuffix(".tmp")
                && folder.status(of: name)?.isFile ?? false
        }
    }

    /// What belongs to who has the directory open, and what is said of a backup.
    private static let ofTheProcess: Set<String> = ["LOCK-owner", "PROBE", BackupManifest.name]
}
