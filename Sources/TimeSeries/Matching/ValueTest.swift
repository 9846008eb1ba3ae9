// SPDX-License-Identifier: Apache-2.0

/// What a matcher asks of a value, in the cheapest form that says exactly the same.
enum ValueTest: Sendable {
    /// Any value will do.
    case everything
    /// The value is one of these.
    case literals(LiteralSet)
    /// The value has one of these shapes, or is one of these.
    case shapes([WildcardShape], LiteralSet)
    /// Only RE2 can tell.
    case regularExpression(RegularExpression)

    /// Beyond it RE2's automaton, which looks at each byte once, is the cheaper test.
    private static let mostShapes = 16

    /// The test of a regular expression.
    ///
    /// - Throws: when RE2 does not take it.
    init(pattern: String) throws(PatternFault) {
        guard let branches = PatternParser.branches(of: pattern) else {
            self = .regularExpression(try RegularExpression(pattern))
            return
        }
        let literals = LiteralSet(branches.compactMap(\.literal))
        let shapes = branches.compactMap(\.shape)
        if shapes.isEmpty {
            self = .literals(literals)
        } else if shapes.contains(where: \.isEverything) {
            self = .everything
        } else if shapes.count <= ValueTest.mostShapes {
            self = .shapes(shapes, literals)
        } else {
            self = .regularExpression(try RegularExpression(pattern))
        }
    }

    /// Whether the value is as asked.
    @inline(__always)
    func accepts(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .everything: true
        case .literals(let set): set.contains(value)
        case .shapes(let shapes, let set): ValueTest.has(value, oneOf: shapes) || set.contains(value)
        case .regularExpression(let expression): expression.matches(value)
        }
    }

    private static func has(_ value: UnsafeBufferPointer<UInt8>, oneOf shapes: [WildcardShape]) -> Bool {
        // By index: a shape that is taken out of the array costs more, in reference counts, than the test.
        for index in shapes.indices where shapes[index].accepts(value) { return true }
        return false
    }
}
