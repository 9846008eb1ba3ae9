// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reading of small files of text, and naming of many by a pattern.
public enum TextFile {
    /// The whole file as UTF-8 text.
    public static func read(_ path: String) throws(FileError) -> String {
        guard let file = fopen(path, "r") else { throw FileError(file: path, line: nil, reason: lastError()) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { break }
            bytes += block[..<count]
        }
        guard ferror(file) == 0 else { throw FileError(file: path, line: nil, reason: lastError()) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError(file: path, line: nil, reason: "not valid UTF-8")
        }
        return text
    }

    /// The paths that match any of the shell patterns, in the patterns' order, each once. A pattern that matches nothing
    /// is a fault: a misspelled path must not pass for "no files".
    public static func matching(_ patterns: [String]) throws(FileError) -> [String] {
        var found: [String] = []
        for pattern in patterns {
            var result = glob_t()
            defer { globfree(&result) }
            guard glob(pattern, GLOB_TILDE, nil, &result) == 0, let paths = result.gl_pathv else {
                throw FileError(file: pattern, line: nil, reason: "no such file")
            }
            for index in 0..<Int(result.gl_pathc) {
                if let path = paths[index].map({ String(cString: $0) }), !found.contains(path) { found.append(path) }
            }
        }
        return found
    }

    /// The folder that a file's relative paths start from: empty, or ending in a slash.
    public static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func lastError() -> String {
        String(cString: strerror(errno))
    }
}
