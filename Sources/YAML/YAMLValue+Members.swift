// SPDX-License-Identifier: Apache-2.0

extension YAMLValue {
    /// The members that have a value, of a mapping that has no keys but these: one that is left blank counts as one that
    /// is not there, as Prometheus reads its files.
    public func members(_ known: Set<String>) throws(FileError) -> [String: YAMLValue] {
        try mapping(keys: known).filter { !$0.value.isNothing }
    }

    /// Whether a text has anything but comments and the beginning of a document.
    public static func hasContent(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            let line = line.drop { $0 == " " }
            let rest = line.hasPrefix("---") ? line.dropFirst(3).drop { $0 == " " } : line
            return !rest.isEmpty && !rest.hasPrefix("#")
        }
    }
}
