// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A store of links to the files of another one. LevelDB never changes a file that is there (tables, old logs, old
/// manifests): what an opening writes, and what it removes, is here.
struct ShadowStore {
    let path: String
    /// The folder of its hot database.
    let hot: String
    private let original: String
    private let originalHot: String

    init(of original: String, epoch: Int) throws(StoreError) {
        var template = Array((ShadowStore.temporary + "/tidemark-verify-XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else {
            throw StoreDirectory.fault("cannot make a folder in \(ShadowStore.temporary)")
        }
        path = String(cString: made)
        hot = StoreDirectory.hot(path, epoch: 1)
        self.original = original
        originalHot = StoreDirectory.hot(original, epoch: epoch)
        do throws(StoreError) {
            try StoreFile(path + "/FORMAT").write(Array(StoreDirectory.format.utf8))
            try Folder(hot).makeWithParents()
            guard let absolute = realpath(original, nil) else {
                throw StoreDirectory.fault("cannot open \(original)")
            }
            defer { free(absolute) }
            let root = String(cString: absolute)
            for name in try Folder(originalHot).names() where !["LOCK", "LOG", "LOG.old"].contains(name) {
                try ShadowStore.link(StoreDirectory.hot(root, epoch: epoch) + "/" + name, hot + "/" + name)
            }
            if Folder(root).status(of: "day")?.isFolder ?? false {
                try Folder(path + "/day").make()
                for name in try Folder(root + "/day").names() {
                    try ShadowStore.link(root + "/day/" + name, path + "/day/" + name)
                }
            }
        } catch {
            remove()
            throw error
        }
    }

    func remove() {
        Folder(path).remove()
    }

    /// Runs a check; what it throws is a fault of the store, told with the names of the original's files, unless it could
    /// not be done here.
    ///
    /// - Returns: whether it threw nothing and found nothing.
    func faults(
        into found: inout StoreVerification,
        _ check: (inout StoreVerification) throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        var here = StoreVerification()
        do throws(StoreError) {
            try check(&here)
        } catch {
            if error.code == .diskFull { throw error }
            here.faults.append(error.message)
        }
        for fault in here.faults { found.add(named(fault)) }
        found.checked += here.checked
        found.commits = max(found.commits, here.commits)
        return here.faults.isEmpty
    }

    private func named(_ message: String) -> String {
        var text = message
        for (from, to) in [(hot, originalHot), (path, original)] {
            var result = ""
            var rest = text[...]
            while let place = rest.firstRange(of: from) {
                result += rest[..<place.lowerBound] + to
                rest = rest[place.upperBound...]
            }
            text = result + rest
        }
        return text
    }

    private static func link(_ target: String, _ path: String) throws(StoreError) {
        guard symlink(target, path) == 0 else { throw StoreDirectory.fault("cannot link \(path)") }
    }

    private static var temporary: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
}
