// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

@testable import Ingest

let made = Timestamp(seconds: 1_760_000_000)

extension SeededRandom {
    /// Numbers as they occur: whole, decimal, negative, tied, huge, tiny, and those at the edges of Float64.
    mutating func number() -> Double {
        switch below(8) {
        case 0: Double(below(5))
        case 1: Double(below(2_001) - 1_000) / 8
        case 2: Double.random(in: -1...1, using: &self)
        case 3: 0x1p-40 * Double(below(2_000) - 1_000)
        case 4: Double(sign: chance(50) ? .plus : .minus, exponent: below(100) - 50, significand: 1)
        case 5: Double.random(in: -1e14...1e14, using: &self)
        case 6: [0, -0.0, 1, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude][below(7)]
        default: Double.random(in: 0...100, using: &self).rounded()
        }
    }

    /// A short text out of few letters, so that prefixes and repetitions occur; not empty.
    mutating func word() -> String {
        let letters = Array("ab1.0é-")
        return String((0...below(4)).map { _ in letters[below(letters.count)] })
    }

    mutating func feature(_ name: String) -> FeatureBaseline {
        if chance(50) {
            let numbers = (0..<below(40)).map { _ in number() }.sorted()
            return FeatureBaseline(name: name, sorted: numbers, missing: anyMagnitude(), bins: 2 + below(19))
        }
        var counts: [String: UInt64] = [:]
        for _ in 0..<below(40) {
            let word = word()
            counts[withBytes(word) { String(decoding: FeatureText.category($0), as: UTF8.self) }] = anyMagnitude() >> 8
        }
        return FeatureBaseline(
            name: name,
            counts: counts.map { (value: $0.key, count: $0.value) },
            missing: anyMagnitude(),
            topValues: below(30)
        )
    }

    mutating func baseline(model: String, version: String?, number: UInt32) -> Baseline {
        Baseline(
            model: model,
            version: version,
            number: number,
            created: Timestamp(milliseconds: Int64(bitPattern: next())),
            source: word(),
            features: Set((0..<below(6)).map { _ in word() }).sorted().map { feature($0) }
        )
    }
}

extension FeatureBaseline {
    var upperBounds: [Double]? {
        if case .numeric(let upperBounds, _, _) = bins { upperBounds } else { nil }
    }

    var positions: [Double]? {
        if case .numeric(_, let positions, _) = bins { positions } else { nil }
    }

    var standardDeviation: Double? {
        if case .numeric(_, _, let deviation) = bins { deviation } else { nil }
    }

    var categories: [String]? {
        if case .categories(let values) = bins { values } else { nil }
    }
}

extension ByteText: ExpressibleByStringLiteral {
    /// The text.
    public init(stringLiteral value: String) { self.init(value) }
}
