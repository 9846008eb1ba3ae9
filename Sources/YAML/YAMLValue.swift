// SPDX-License-Identifier: Apache-2.0

import Yams

/// A fault in a configuration file, with its place.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    public let file: String
    /// The 1-based line, or nil when the fault is with the whole file.
    public let line: Int?
    /// What is wrong.
    public let reason: String

    /// A fault at a place.
    public init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// `file:line: reason`.
    public var description: String {
        line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)"
    }
}

/// A YAML value that is read strictly: what is not asked for is a fault, and every fault knows its line.
public struct YAMLValue {
    private let node: Node
    private let file: String

    /// Parses a whole document.
    ///
    /// - Parameter file: the name under which faults are reported.
    public static func parse(_ text: String, file: String) throws(FileError) -> YAMLValue {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw FileError(file: file, line: nil, reason: "the file is empty")
            }
            return YAMLValue(node: node, file: file)
        } catch let error as FileError {
            throw error
        } catch let error as YamlError {
            throw YAMLValue.fileError(error, file: file)
        } catch {
            throw FileError(file: file, line: nil, reason: "\(error)")
        }
    }

    private static func fileError(_ error: YamlError, file: String) -> FileError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            FileError(file: file, line: mark.line, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            FileError(
                file: file,
                line: context.mark.line,
                reason: "key given twice: \(duplicates.joined(separator: ", "))"
            )
        default:
            FileError(file: file, line: nil, reason: "\(error)")
        }
    }

    /// The 1-based line on which the value begins.
    public var line: Int? { node.mark?.line }

    /// A fault at this value.
    public func fault(_ reason: String) -> FileError {
        FileError(file: file, line: line, reason: reason)
    }

    /// The members of a mapping, in order, when it has no keys but these.
    public func mapping(keys allowed: Set<String>) throws(FileError) -> [String: YAMLValue] {
        var members: [String: YAMLValue] = [:]
        for (key, value) in try pairs() {
            guard allowed.contains(key) else {
                throw value.fault("unknown key '\(key)'; known are \(allowed.sorted().joined(separator: ", "))")
            }
            members[key] = value
        }
        return members
    }

    /// The members of a mapping with any keys, in order.
    public func pairs() throws(FileError) -> [(key: String, value: YAMLValue)] {
        guard case .mapping(let mapping) = node else { throw fault("a mapping is expected here") }
        var pairs: [(key: String, value: YAMLValue)] = []
        var merged: [(key: String, value: YAMLValue)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else { throw fault("a key must be plain text") }
            if scalar.string == "<<", scalar.style == .plain {
                if case .sequence(let sequence) = value {
                    for node in sequence { merged += try YAMLValue(node: node, file: file).pairs() }
                } else {
                    merged += try YAMLValue(node: value, file: file).pairs()
                }
                continue
            }
            pairs.append((scalar.string, YAMLValue(node: value, file: file)))
        }
        // `<<: *other` gives what is not given here.
        for more in merged where !pairs.contains(where: { $0.key == more.key }) { pairs.append(more) }
        return pairs
    }

    /// The elements of a sequence.
    public func sequence() throws(FileError) -> [YAMLValue] {
        guard case .sequence(let sequence) = node else { throw fault("a list is expected here") }
        return sequence.map { YAMLValue(node: $0, file: file) }
    }

    /// The text of a scalar as it is written; `null` and nothing are no text.
    public func string() throws(FileError) -> String {
        guard case .scalar(let scalar) = node, !(scalar.style == .plain && ["", "~", "null"].contains(scalar.string))
        else { throw fault("text is expected here") }
        return scalar.string
    }

    /// A truth value as YAML 1.1 has them, which promtool reads: `true`, `yes`, `on`, `y`, and their opposites.
    public func boolean() throws(FileError) -> Bool {
        let text = try string()
        switch text.lowercased() {
        case "true", "yes", "on", "y": return true
        case "false", "no", "off", "n": return false
        default: throw fault("'\(text)' is neither true nor false")
        }
    }

    /// Whether nothing is given: no text at all, `~` or `null`.
    public var isNothing: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// Whether it is a scalar without text: quotes with nothing between them, or nothing at all.
    public var isEmptyText: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.string.isEmpty
    }

    /// The texts of a sequence of scalars, or of one scalar.
    public func strings() throws(FileError) -> [String] {
        if case .scalar = node { return [try string()] }
        var strings: [String] = []
        for element in try sequence() { strings.append(try element.string()) }
        return strings
    }

    /// A whole number.
    public func integer() throws(FileError) -> Int {
        let text = try string()
        guard let number = Int(text.filter { $0 != "_" }) else { throw fault("'\(text)' is not a whole number") }
        return number
    }

    /// Whether the value is a mapping.
    public var isMapping: Bool {
        if case .mapping = node { return true }
        return false
    }
}
