// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// A directory of one test, removed with it.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/tidemark-cli-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { system("rm -rf '\(path)'") }

    /// Makes a file and returns its path.
    func file(_ name: String, _ text: String) throws -> String {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
        return "\(path)/\(name)"
    }
}
