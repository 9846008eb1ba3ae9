// SPDX-License-Identifier: Apache-2.0

/// Reads the regular expressions that people mostly write, and no others: characters, escaped punctuation, `.*`, `.+`,
/// alternation and groups, and the anchors that say what holds anyway.
///
/// A pattern that has anything else is not refused but left to RE2, so all that must be true is that a pattern read
/// here means for RE2 what it means here. It answers with branches: the pattern matches what one of them does.
struct PatternParser {
    /// One way through the pattern: texts and wildcards in turn.
    struct Branch {
        private enum Item {
            case text([UInt8])
            /// Any characters, at least so many: 0 or 1.
            case wildcard(Int)
        }

        private var items: [Item] = []
        private(set) var bytes = 0

        /// The text, when there is no wildcard.
        var literal: [UInt8]? {
            if items.isEmpty { return [] }
            guard items.count == 1, case .text(let text) = items[0] else { return nil }
            return text
        }

        /// The shape, when there is a wildcard.
        var shape: WildcardShape? {
            if literal != nil { return nil }
            var texts: [[UInt8]] = [[]]
            var gaps: [Int] = []
            for item in items {
                switch item {
                case .text(let text): texts[texts.count - 1] = text
                case .wildcard(let gap):
                    gaps.append(gap)
                    texts.append([])
                }
            }
            return WildcardShape(
                prefix: texts[0],
                middles: zip(gaps.dropLast(), texts.dropFirst().dropLast()).map { .init(gap: $0, text: $1) },
                lastGap: gaps[gaps.count - 1],
                suffix: texts[texts.count - 1]
            )
        }

        mutating func append(text: [UInt8]) {
            guard !text.isEmpty else { return }
            bytes += text.count
            if case .text(let before)? = items.last {
                items[items.count - 1] = .text(before + text)
            } else {
                items.append(.text(text))
            }
        }

        /// False when two wildcards in a row say more than one can.
        mutating func append(wildcard gap: Int) -> Bool {
            guard case .wildcard(let before)? = items.last else {
                items.append(.wildcard(gap))
                return true
            }
            items[items.count - 1] = .wildcard(before + gap)
            return before + gap <= 1
        }

        mutating func append(_ other: Branch) -> Bool {
            for item in other.items {
                switch item {
                case .text(let text): append(text: text)
                case .wildcard(let gap): if !append(wildcard: gap) { return false }
                }
            }
            return true
        }
    }

    /// Bounds on what groups side by side can multiply to.
    static let mostBranches = 4_096
    static let mostBytes = 1 << 18
    /// RE2 bounds it too, higher.
    private static let deepest = 50

    private let pattern: [UInt8]
    private var at = 0
    private var depth = 0

    /// The branches of a pattern, or nil when it has to go to RE2.
    static func branches(of pattern: String) -> [Branch]? {
        var parser = PatternParser(pattern: Array(pattern.utf8))
        guard let branches = parser.alternation(), parser.at == parser.pattern.count else { return nil }
        return branches
    }

    private init(pattern: [UInt8]) {
        self.pattern = pattern
    }

    private var next: UInt8? { at < pattern.count ? pattern[at] : nil }

    /// Takes the byte if it is the next.
    private mutating func take(_ character: Character) -> Bool {
        guard let next, next == character.asciiValue else { return false }
        at += 1
        return true
    }

    /// Branches with `|` between them, up to a `)` or the end.
    private mutating func alternation() -> [Branch]? {
        var all: [Branch] = []
        var bytes = 0
        repeat {
            guard let some = sequence() else { return nil }
            all += some
            bytes += some.reduce(0) { $0 + $1.bytes }
            guard all.count <= PatternParser.mostBranches, bytes <= PatternParser.mostBytes else { return nil }
        } while take("|")
        return all
    }

    /// What stands in a row, up to a `|`, a `)` or the end.
    private mutating func sequence() -> [Branch]? {
        if depth == 0 { _ = take("^") }
        var all = [Branch()]
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            switch byte {
            case UInt8(ascii: "("):
                guard let inner = group(), let product = PatternParser.product(all, inner) else { return nil }
                all = product
            case UInt8(ascii: "."):
                guard let gap = wildcard() else { return nil }
                for index in all.indices { if !all[index].append(wildcard: gap) { return nil } }
            case UInt8(ascii: "$"):
                at += 1
                guard depth == 0, next == nil || next == UInt8(ascii: "|") else { return nil }
            default:
                let text = text()
                guard !text.isEmpty, all.count * text.count <= PatternParser.mostBytes else { return nil }
                for index in all.indices { all[index].append(text: text) }
            }
        }
        return all
    }

    private mutating func group() -> [Branch]? {
        at += 1
        if take("?"), !take(":") { return nil }
        depth += 1
        defer { depth -= 1 }
        guard depth <= PatternParser.deepest, let inner = alternation(), take(")") else { return nil }
        return inner
    }

    /// 0 for `.*`, 1 for `.+`. Greedy or not is one for a whole match.
    private mutating func wildcard() -> Int? {
        at += 1
        let gap: Int
        if take("*") { gap = 0 } else if take("+") { gap = 1 } else { return nil }
        _ = take("?")
        return gap
    }

    /// Characters that stand for themselves; none when the next is one that does not.
    private mutating func text() -> [UInt8] {
        var text: [UInt8] = []
        while let byte = next {
            if PatternParser.isSpecial(byte) { break }
            if byte == UInt8(ascii: "\\") {
                guard at + 1 < pattern.count, PatternParser.isPunctuation(pattern[at + 1]) else { return [] }
                at += 1
            }
            text.append(pattern[at])
            at += 1
        }
        return text
    }

    private static func product(_ left: [Branch], _ right: [Branch]) -> [Branch]? {
        let bytes = { (branches: [Branch]) in branches.reduce(0) { $0 + $1.bytes } }
        guard left.count * right.count <= mostBranches,
            bytes(left) * right.count + bytes(right) * left.count <= mostBytes
        else { return nil }
        var all: [Branch] = []
        all.reserveCapacity(left.count * right.count)
        for first in left {
            for second in right {
                var both = first
                guard both.append(second) else { return nil }
                all.append(both)
            }
        }
        return all
    }

    /// Whether a byte, not behind a backslash, may mean something else than itself.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "|"):
            true
        default: false
        }
    }

    /// Whether a backslash before it makes a byte stand for itself.
    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"): false
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
