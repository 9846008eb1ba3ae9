// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries
import YAML

/// Reads one rule file, strictly, and goes on behind a fault so that all are found at once.
///
/// Names are those that Prometheus had before it took any UTF-8: what the exposition formats, Alertmanager and `ALERTS`
/// agree on.
///
/// Source of the schema and of what is refused: Prometheus, `model/rulefmt/rulefmt.go`.
struct RuleFileReader {
    let file: String
    private(set) var faults: [FileError] = []

    init(file: String) {
        self.file = file
    }

    /// The groups of a file; those with a fault are left out. A file without content has none.
    mutating func read(_ text: String) -> [RuleGroup] {
        var groups: [RuleGroup] = []
        guard YAMLValue.hasContent(text) else { return [] }
        noting { reader throws(FileError) in
            let root = try YAMLValue.parse(text, file: reader.file).members(["groups"])
            guard let list = root["groups"] else { return }
            var names = Set<String>()
            for element in try list.sequence() {
                reader.noting { reader throws(FileError) in
                    let group = try reader.group(element)
                    guard names.insert(group.name).inserted else {
                        throw element.fault(
                            "the group name \(QuotedText.string(group.name)) is repeated in the same file"
                        )
                    }
                    groups.append(group)
                }
            }
        }
        return groups
    }

    /// Runs `body`, and keeps what is wrong.
    private mutating func noting(_ body: (inout RuleFileReader) throws(FileError) -> Void) {
        do throws(FileError) {
            try body(&self)
        } catch {
            faults.append(error)
        }
    }

    // MARK: - Groups

    private mutating func group(_ value: YAMLValue) throws(FileError) -> RuleGroup {
        let members = try value.members(["name", "interval", "query_offset", "limit", "labels", "rules"])
        guard let name = try members["name"]?.string(), !name.isEmpty else {
            throw value.fault("a group needs a name")
        }
        let interval = try members["interval"].map(RuleFileReader.duration)
        if interval == 0 { throw value.fault("an interval is longer than nothing") }
        let limit = try members["limit"]?.integer() ?? 0
        guard limit >= 0 else { throw value.fault("a limit is not negative") }
        let shared = try members["labels"].map(RuleFileReader.texts) ?? []
        for label in shared { try RuleFileReader.checkLabel(label) }
        var rules: [Rule] = []
        if let list = members["rules"] {
            for element in try list.sequence() {
                noting { reader throws(FileError) in
                    let rule = try reader.rule(element, groupLabels: shared)
                    rules.append(rule)
                }
            }
        }
        return RuleGroup(
            name: name,
            file: file,
            interval: interval,
            queryOffset: try members["query_offset"].map(RuleFileReader.signedDuration) ?? 0,
            limit: limit,
            rules: rules
        )
    }

    // MARK: - Rules

    private static let keys: Set<String> = [
        "record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations",
    ]

    private mutating func rule(_ value: YAMLValue, groupLabels: [Text]) throws(FileError) -> Rule {
        let members = try value.members(RuleFileReader.keys)
        let record = try members["record"]?.string()
        let alert = try members["alert"]?.string()
        guard let name = record ?? alert, !name.isEmpty else {
            throw value.fault("one of 'record' and 'alert' must be set")
        }
        if record != nil, alert != nil { throw value.fault("only one of 'record' and 'alert' must be set") }
        guard let expr = members["expr"] else { throw value.fault("the field 'expr' must be set") }
        let query = try expr.string()
        let expression = try parse(query, of: name, at: expr)

        if record != nil { try checkRecording(name, members, value) }
        let labels = try merged(groupLabels, members["labels"].map(RuleFileReader.texts) ?? [])
        let annotations = try members["annotations"].map(RuleFileReader.texts) ?? []
        for annotation in annotations where !MetricFamily.isValidName(annotation.name) {
            throw annotation.value.fault("\(QuotedText.string(annotation.name)) is not an annotation name")
        }
        return Rule(
            kind: record == nil ? .alerting : .recording,
            name: name,
            query: query,
            holdDuration: try members["for"].map(RuleFileReader.duration) ?? 0,
            keepFiringFor: try members["keep_firing_for"].map(RuleFileReader.duration) ?? 0,
            labels: try named(labels, areTemplates: record == nil, rule: name),
            annotations: try named(annotations, areTemplates: true, rule: name),
            line: value.line ?? 1,
            expression: expression
        )
    }

    private func parse(_ query: String, of rule: String, at value: YAMLValue) throws(FileError) -> Expression {
        do throws(QueryError) {
            let expression = try QueryEngine.parse(query)
            guard expression.type == .vector || expression.type == .scalar else {
                throw QueryError(
                    .badData,
                    "a rule's expression gives a vector or a scalar, not a \(expression.type.rawValue)"
                )
            }
            return expression
        } catch {
            throw value.fault("\(rule): cannot read the expression: \(error.message)")
        }
    }

    private func checkRecording(
        _ name: String,
        _ members: [String: YAMLValue],
        _ value: YAMLValue
    ) throws(FileError) {
        for key in ["annotations", "for", "keep_firing_for"] {
            if let member = members[key] { throw member.fault("the field '\(key)' has no meaning in a recording rule") }
        }
        if name.contains("{") || name.contains("}") {
            throw value.fault(
                "braces in the name \(QuotedText.string(name)): labels belong to 'labels', selectors to 'expr'"
            )
        }
        guard MetricFamily.isValidName(name, allowsColons: true) else {
            throw value.fault("\(QuotedText.string(name)) is not a metric name")
        }
    }

    /// The labels of a rule over those of its group.
    private func merged(_ group: [Text], _ rule: [Text]) throws(FileError) -> [Text] {
        for label in rule { try RuleFileReader.checkLabel(label) }
        return group.filter { label in !rule.contains { $0.name == label.name } } + rule
    }

    private func named(
        _ texts: [Text],
        areTemplates: Bool,
        rule: String
    ) throws(FileError) -> [Rule.NamedTemplate] {
        var named: [Rule.NamedTemplate] = []
        for entry in texts {
            guard areTemplates else {
                named.append(Rule.NamedTemplate(name: entry.name, plain: entry.text))
                continue
            }
            do throws(TemplateError) {
                named.append(try Rule.NamedTemplate(name: entry.name, text: entry.text))
            } catch {
                throw entry.value.fault("\(rule): cannot read the template of '\(entry.name)': \(error)")
            }
        }
        return named
    }

    // MARK: - Values

    /// A label or annotation as it stands in the file.
    private struct Text {
        let name: String
        let text: String
        let value: YAMLValue
    }

    private static func texts(_ value: YAMLValue) throws(FileError) -> [Text] {
        var texts: [Text] = []
        for (name, value) in try value.pairs() {
            // YAML tells `true` and "true" apart.
            if texts.contains(where: { $0.name == name }) {
                throw value.fault("\(QuotedText.string(name)) is given twice")
            }
            texts.append(
                Text(name: name, text: value.isNothing || value.isEmptyText ? "" : try value.string(), value: value)
            )
        }
        return texts
    }

    private static func checkLabel(_ label: Text) throws(FileError) {
        if label.name == "__name__" { throw label.value.fault("the label '__name__' is the rule's name") }
        guard MetricFamily.isValidName(label.name) else {
            throw label.value.fault("\(QuotedText.string(label.name)) is not a label name")
        }
    }

    private static func duration(_ value: YAMLValue) throws(FileError) -> Int64 {
        let text = try value.string()
        do throws(DurationText.Fault) {
            return try DurationText.milliseconds(of: text)
        } catch {
            throw value.fault(error.message)
        }
    }

    private static func signedDuration(_ value: YAMLValue) throws(FileError) -> Int64 {
        let text = try value.string()
        guard text.hasPrefix("-") else { return try duration(value) }
        do throws(DurationText.Fault) {
            return -(try DurationText.milliseconds(of: String(text.dropFirst())))
        } catch {
            throw value.fault(error.message)
        }
    }
}
