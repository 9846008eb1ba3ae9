// SPDX-License-Identifier: Apache-2.0

public import YAML

/// Rules that are evaluated one after the other at the same instant, so that each sees what those before it recorded.
public struct RuleGroup: Sendable {
    /// Unique in its file.
    public let name: String
    /// The file as it was named.
    public let file: String
    /// Milliseconds between two evaluations; nil takes the default of whoever evaluates.
    public let interval: Int64?
    /// So many milliseconds before the instant of an evaluation lies the time that is asked for and recorded at; may be
    /// negative.
    public let queryOffset: Int64
    /// The most series or alerts of one rule; 0 for no limit.
    public let limit: Int
    /// In the order of the file.
    public let rules: [Rule]

    /// Which group it is, among all that are loaded: by file and name.
    public struct Identity: Hashable, Sendable {
        /// The file as it was named.
        public let file: String
        /// The group's name.
        public let name: String
    }

    /// Which group it is.
    public var identity: Identity { Identity(file: file, name: name) }

    /// Reads the rule groups of one file of text.
    ///
    /// - Parameter file: the name under which faults are reported.
    /// - Throws: `RuleFileFaults`: all of them, each with file, line and reason.
    public static func parse(_ text: String, file: String) throws(RuleFileFaults) -> [RuleGroup] {
        var reader = RuleFileReader(file: file)
        let groups = reader.read(text)
        guard reader.faults.isEmpty else { throw RuleFileFaults(faults: reader.faults) }
        return groups
    }

    /// Reads the rule groups of one file.
    ///
    /// - Throws: `RuleFileFaults`: all of them, each with file, line and reason.
    public static func parse(contentsOf path: String) throws(RuleFileFaults) -> [RuleGroup] {
        let text: String
        do throws(FileError) {
            text = try TextFile.read(path)
        } catch {
            throw RuleFileFaults(faults: [error])
        }
        return try parse(text, file: path)
    }

    /// Reads the rule groups of every file that the shell patterns name, in the order of the patterns.
    ///
    /// - Throws: `RuleFileFaults`: those of all files.
    public static func load(_ patterns: [String]) throws(RuleFileFaults) -> [RuleGroup] {
        var groups: [RuleGroup] = []
        var faults: [FileError] = []
        do throws(FileError) {
            for path in try TextFile.matching(patterns) {
                do throws(RuleFileFaults) {
                    groups += try parse(contentsOf: path)
                } catch {
                    faults += error.faults
                }
            }
        } catch {
            faults.append(error)
        }
        guard faults.isEmpty else { throw RuleFileFaults(faults: faults) }
        return groups
    }
}

/// All that is wrong with rule files.
public struct RuleFileFaults: Error, Sendable, CustomStringConvertible {
    /// In the order of the files, at least one.
    public let faults: [FileError]

    /// A line for each.
    public var description: String {
        faults.map(\.description).joined(separator: "\n")
    }
}
