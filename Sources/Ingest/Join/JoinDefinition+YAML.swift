// SPDX-License-Identifier: Apache-2.0

import TimeSeries
import YAML

extension JoinDefinition {
    private static let keys: Set<String> = ["pair", "result", "key", "window", "first", "second", "waiting"]

    /// Reads one join; `docs/metrics.md` explains the keys.
    init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(keys: JoinDefinition.keys)
        guard let windowValue = members["window"] else { throw value.fault("the key 'window' is missing") }
        let window = try windowValue.duration()
        let seconds = window.components.seconds
        guard (1...31_536_000).contains(seconds) else { throw windowValue.fault("'window' is 1s to 365d") }
        let first = try Side(value, "first", members)
        let second = try Side(value, "second", members)
        let pair = try value.requiredText("pair", members)
        let result = try value.requiredText("result", members)
        guard first.event != second.event, !pair.utf8.contains(0),
            Set([pair, result, first.event, second.event]).count == 4
        else { throw value.fault("'pair', 'result' and the two events are four different event types") }
        let names = first.texts.map(\.name) + second.texts.map(\.name)
        guard Set(names).count == names.count, !names.contains(JoinDefinition.resultField) else {
            throw value.fault("texts of a pair have different names, none of them '\(JoinDefinition.resultField)'")
        }
        let numbers = first.numbers.map(\.name) + second.numbers.map(\.name)
        guard Set(numbers).count == numbers.count, !numbers.contains(JoinDefinition.delayField) else {
            throw value.fault("numbers of a pair have different names, none of them '\(JoinDefinition.delayField)'")
        }
        self.init(
            pair: pair,
            result: result,
            key: try value.requiredText("key", members),
            first: first,
            second: second,
            windowMilliseconds: seconds * 1_000,
            waiting: try members["waiting"].map { value throws(FileError) in try WaitingGauge(value, of: first) }
        )
    }
}

extension JoinDefinition.WaitingGauge {
    fileprivate init(_ value: YAMLValue, of first: JoinDefinition.Side) throws(FileError) {
        let members = try value.mapping(keys: ["name", "help", "label"])
        let label = try value.requiredText("label", members)
        guard first.texts.contains(where: { $0.name == label }) else {
            throw value.fault("the first keeps no text '\(label)'")
        }
        self.init(
            name: try MetricDefinition.name(of: .gauge, value, members),
            help: try value.requiredText("help", members),
            label: label
        )
    }
}

extension JoinDefinition.Side {
    fileprivate init(_ join: YAMLValue, _ name: String, _ members: [String: YAMLValue]) throws(FileError) {
        guard let value = members[name] else { throw join.fault("the key '\(name)' is missing") }
        let own = try value.mapping(keys: ["event", "texts", "numbers"])
        let numbers = try JoinDefinition.Side.kept(own["numbers"])
        guard numbers.count <= JoinDefinition.mostNumbers else {
            throw value.fault("at most \(JoinDefinition.mostNumbers) numbers are kept of a side")
        }
        self.init(
            event: try value.requiredText("event", own),
            texts: try JoinDefinition.Side.kept(own["texts"]),
            numbers: numbers
        )
    }

    /// Names, or names of the pair with the fields of the event.
    private static func kept(_ value: YAMLValue?) throws(FileError) -> [JoinDefinition.Kept] {
        guard let value else { return [] }
        var kept: [JoinDefinition.Kept] = []
        if value.isMapping {
            for (name, field) in try value.pairs() { kept.append(JoinDefinition.Kept(try field.string(), as: name)) }
        } else {
            for name in try value.strings() { kept.append(JoinDefinition.Kept(name)) }
        }
        return kept
    }
}
