// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Rules

@Suite struct `Loading of rule files` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func write(_ text: String, to name: String) throws {
        try writeBytes(text.utf8, to: "\(directory.path)/\(name)")
    }

    private func faults(_ patterns: [String]) -> [String] {
        do throws(RuleFileFaults) {
            _ = try RuleGroup.load(patterns.map { "\(directory.path)/\($0)" })
            return []
        } catch {
            return error.texts.map { $0.replacing(directory.path + "/", with: "") }
        }
    }

    @Test func `takes every file that a pattern names, once`() throws {
        try write("groups: [{name: b}]", to: "b.yml")
        try write("groups: [{name: a}, {name: c}]", to: "a.yml")
        try write("no rules", to: "other.txt")
        let groups = try RuleGroup.load([directory.path + "/b.yml", directory.path + "/*.yml"])
        #expect(groups.map(\.name) == ["b", "a", "c"])
        #expect(groups.map(\.file) == ["b.yml", "a.yml", "a.yml"].map { "\(directory.path)/\($0)" })
    }

    @Test func `without patterns has no groups`() throws {
        #expect(try RuleGroup.load([]).isEmpty)
    }

    @Test func `tells the faults of all files`() throws {
        try write("groups: [{name: a, limit: x}]", to: "1.yml")
        try write("groups: [{name: fine}]", to: "2.yml")
        try write("groups:\n- name: b\n  rules: [{expr: x}, {record: r}]", to: "3.yml")
        try write("groups: [}", to: "4.yml")
        #expect(
            faults(["*.yml"]).map { $0.prefix { $0 != " " } } == ["1.yml:1:", "3.yml:3:", "3.yml:3:", "4.yml:1:"]
        )
    }

    @Test func `refuses a pattern that names no file`() throws {
        try write("groups: []", to: "a.yml")
        #expect(faults(["a.yml", "none/*.yml"]) == ["none/*.yml: no such file"])
    }

    @Test func `refuses a file that is no text`() throws {
        try writeBytes([0x67, 0xFF, 0x3A], to: directory.path + "/a.yml")
        #expect(faults(["a.yml"]) == ["a.yml: not valid UTF-8"])
    }
}
