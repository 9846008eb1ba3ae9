// SPDX-License-Identifier: Apache-2.0

/// What came out of a unit test of rules otherwise than its file expects.
public struct RuleTestFailure: Hashable, Sendable, CustomStringConvertible {
    /// The test file as it was named.
    public let file: String
    /// The 1-based line of what was expected.
    public let line: Int?
    /// The name of the test, or where it stands in the file: `#1` is the first.
    public let test: String
    /// What was compared, at what time, and the difference; several lines.
    ///
    /// Of what was compared there is a line for each alert or sample: behind `-` what was expected and did not come,
    /// behind `+` what came and was not expected, behind a blank what is as it should be.
    public let message: String

    /// `file:line: test: message`.
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): test \(test): \(message)"
    }
}

/// Expected and actual items side by side.
struct RuleTestDifference<Item> {
    /// In both.
    private(set) var common: [Item] = []
    /// Expected only.
    private(set) var missing: [Item]
    /// Got only.
    private(set) var unexpected: [Item] = []

    /// Pairs off what is the same; order plays no part.
    init(expected: [Item], got: [Item], areSame: (_ expected: Item, _ got: Item) -> Bool) {
        missing = expected
        for item in got {
            if let place = missing.firstIndex(where: { areSame($0, item) }) {
                missing.remove(at: place)
                common.append(item)
            } else {
                unexpected.append(item)
            }
        }
    }

    var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty }

    /// A line for each item, led by a heading.
    ///
    /// - Parameter noun: what one item is.
    func message(_ heading: String, noun: String, _ text: (Item) -> String) -> String {
        func count(_ number: Int) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
        var lines = [
            heading,
            "  expected \(count(common.count + missing.count)), got \(count(common.count + unexpected.count))",
        ]
        lines += missing.map { "  - \(text($0))" }
        lines += unexpected.map { "  + \(text($0))" }
        lines += common.map { "    \(text($0))" }
        return lines.joined(separator: "\n")
    }
}
