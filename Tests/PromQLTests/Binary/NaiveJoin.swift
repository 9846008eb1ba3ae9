// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import PromQL

/// Vector matching as it is defined: for one instant, with dictionaries of label sets, numbers only.
struct NaiveJoin {
    typealias Vector = [(labels: Labels, value: Double)]

    enum Failure: Error {
        case duplicateOnOneSide, manyMatches, sameLabels
    }

    var operation: BinaryOperator
    var returnsBool: Bool
    var matching: VectorMatching

    func callAsFunction(_ left: Vector, _ right: Vector) throws -> [Labels: Double] {
        switch operation {
        case .and: return try unique(left.filter { sample in right.contains { key($0.labels) == key(sample.labels) } })
        case .unless:
            return try unique(left.filter { sample in !right.contains { key($0.labels) == key(sample.labels) } })
        case .or:
            return try unique(left + right.filter { sample in !left.contains { key($0.labels) == key(sample.labels) } })
        default: return try join(left, right)
        }
    }

    private func unique(_ vector: Vector) throws -> [Labels: Double] {
        try Dictionary(vector.map { ($0.labels, $0.value) }) { _, _ in throw Failure.sameLabels }
    }

    private func dictionary(_ labels: Labels) -> [String: String] {
        Dictionary(uniqueKeysWithValues: labels.pairs.map { ($0.name, $0.value) })
    }

    private func key(_ labels: Labels) -> [String: String] {
        dictionary(labels).filter { name, _ in
            matching.isOn ? matching.labels.contains(name) : name != "__name__" && !matching.labels.contains(name)
        }
    }

    private func join(_ left: Vector, _ right: Vector) throws -> [Labels: Double] {
        let (many, one) = matching.cardinality == .oneToMany ? (right, left) : (left, right)
        let hasFill = matching.fillLeft != nil || matching.fillRight != nil
        if !hasFill && (many.isEmpty || one.isEmpty) { return [:] }
        let ones = try Dictionary(one.map { (key($0.labels), $0) }) { _, _ in throw Failure.duplicateOnOneSide }
        var matched: Set<[String: String]> = []
        var made: Set<Labels> = []
        var result: [Labels: Double] = [:]
        func match(
            _ key: [String: String],
            _ many: (labels: Labels, value: Double),
            _ one: (labels: Labels, value: Double)
        ) throws {
            var labels = dictionary(many.labels)
            if "+-*/".contains(operation.rawValue) {
                for name in ["__name__", "__type__", "__unit__"] { labels[name] = nil }
            }
            if matching.cardinality == .oneToOne {
                labels = labels.filter { matching.labels.contains($0.key) == matching.isOn }
                if matched.contains(key) { throw Failure.manyMatches }
            }
            for name in matching.include { labels[name] = one.labels[name] }
            let isNewMatch = matched.insert(key).inserted
            if matching.cardinality != .oneToOne, !made.insert(Labels(labels)).inserted { throw Failure.manyMatches }
            _ = isNewMatch
            let (a, b) = matching.cardinality == .oneToMany ? (one.value, many.value) : (many.value, one.value)
            var value: Double?
            switch operation {
            case .add: value = a + b
            case .multiply: value = a * b
            case .greater: value = returnsBool ? (a > b ? 1 : 0) : a > b ? a : nil
            case .equal: value = returnsBool ? (a == b ? 1 : 0) : a == b ? a : nil
            default: preconditionFailure("not in this test")
            }
            guard let value else { return }
            if result.updateValue(value, forKey: Labels(labels)) != nil { throw Failure.sameLabels }
        }
        for sample in many {
            let key = key(sample.labels)
            if let other = ones[key] {
                try match(key, sample, other)
            } else if let fill = matching.fillRight {
                try match(key, sample, (Labels(key), fill))
            }
        }
        if let fill = matching.fillLeft {
            for (key, sample) in ones where !matched.contains(key) { try match(key, (Labels(key), fill), sample) }
        }
        return result
    }
}
