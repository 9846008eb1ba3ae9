// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Rules that do the same` {
    private static let rule = """
        alert: A
        expr: x > 0
        for: 1m
        keep_firing_for: 2m
        labels: {a: b, c: d}
        annotations: {e: f, g: h}
        """

    private func rule(_ lines: String) throws -> Rule {
        let text = lines.split(separator: "\n").joined(separator: "\n    ")
        return try #require(try group("groups:\n- name: g\n  rules:\n  - \(text)").rules.first)
    }

    @Test(arguments: [
        ("x > 0", "x>0"), ("x > 0", "x  >  0 # none"), ("for: 1m", "for: 60s"), ("{a: b, c: d}", "{c: 'd', a: \"b\"}"),
        ("{e: f, g: h}", "{g: h, e: f}"), ("for: 2m", "for: 1m60s"),
    ])
    func `may be spelled differently`(_ piece: String, _ other: String) throws {
        let (one, two) = (try rule(Self.rule), try rule(Self.rule.replacing(piece, with: other)))
        #expect(one.isSame(as: two) && two.isSame(as: one))
    }

    @Test(arguments: [
        ("x > 0", "x > 1"), ("x > 0", "x >= 0"), ("alert: A", "alert: B"), ("\nfor: 1m", "\nfor: 2m"),
        ("\nfor: 1m", ""), ("keep_firing_for: 2m", "keep_firing_for: 1m"), ("c: d", "c: b"), ("c: d", "z: d"),
        (", c: d", ""), ("c: d", "c: ''"), ("g: h", "g: f"), (", g: h", ""),
    ])
    func `differ in nothing that counts`(_ piece: String, _ other: String) throws {
        let (one, two) = (try rule(Self.rule), try rule(Self.rule.replacing(piece, with: other)))
        #expect(!one.isSame(as: two) && !two.isSame(as: one))
    }

    @Test func `are of one kind`() throws {
        #expect(!(try rule("alert: a\nexpr: x").isSame(as: try rule("record: a\nexpr: x"))))
    }
}
