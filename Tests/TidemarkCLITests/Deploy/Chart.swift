// SPDX-License-Identifier: Apache-2.0

import Foundation
import TimeSeries
import Yams

@testable import Rules

/// The Helm chart, rendered with the interpreter of Go templates that alerts are written with.
///
/// The chart keeps to text/template itself and to a few functions of Helm. `toJson` is for values that pass through: the
/// interpreter has no such function, so those values are texts of JSON before they reach it. A digest of a template and
/// a file of the chart are put in around it.
struct Chart {
    static let folder = Program.packageRoot + "/deploy/helm/tidemark"

    /// `values.yaml`, with other values over it.
    let values: [String: Any]
    let release: String

    init(_ values: [String: Any] = [:], release: String = "shop") throws {
        let text = try String(contentsOfFile: Chart.folder + "/values.yaml", encoding: .utf8)
        let base = try Yams.load(yaml: text) as? [String: Any] ?? [:]
        self.values = Chart.merge(base, values)
        self.release = release
    }

    /// Every object that comes of it, by file.
    func objects() throws -> [(file: String, object: [String: Any])] {
        let templates = Chart.folder + "/templates/"
        let files = try FileManager.default.contentsOfDirectory(atPath: templates).sorted()
        let definitions = try String(contentsOfFile: templates + "_helpers.tpl", encoding: .utf8)
        var objects: [(file: String, object: [String: Any])] = []
        for file in files where file.hasSuffix(".yaml") {
            let text = try String(contentsOfFile: templates + file, encoding: .utf8)
            for document in try Yams.load_all(yaml: try render(text, with: definitions)) {
                guard let object = document as? [String: Any] else { continue }
                objects.append((file, object))
            }
        }
        return objects
    }

    /// The text of a template, with `include "…" . | sha256sum` and `.Files.Get "…" | indent N`.
    func render(_ template: String, with definitions: String) throws -> String {
        var text = template
        for match in template.matches(of: /\{\{ include "([^"]+)" \. \| sha256sum \}\}/) {
            let included = try expand(definitions + "{{ template \"\(match.output.1)\" . }}")
            let digest = try Program.run("/usr/bin/sha256sum", [], input: Data(included.utf8))
            guard digest.status == 0 else { throw ServerProcess.Failure("no digest: \(digest.errors)") }
            text = text.replacingOccurrences(of: String(match.output.0), with: String(digest.output.prefix(64)))
        }
        // What stands in a file is no template.
        var files: [(mark: String, text: String)] = []
        for match in template.matches(of: /\{\{ \.Files\.Get "([^"]+)" \| indent (\d+) \}\}/) {
            let name = String(match.output.1)
            let file = try String(contentsOfFile: Chart.folder + "/" + name, encoding: .utf8)
            let margin = String(repeating: " ", count: Int(match.output.2) ?? 0)
            files.append((mark: "<\(name)>", text: margin + file.replacingOccurrences(of: "\n", with: "\n" + margin)))
            text = text.replacingOccurrences(of: String(match.output.0), with: "<\(name)>")
        }
        var rendered = try expand(definitions + text)
        for file in files { rendered = rendered.replacingOccurrences(of: file.mark, with: file.text) }
        return rendered
    }

    /// What the interpreter makes of a template.
    private func expand(_ template: String) throws -> String {
        var passed = Set(
            template.matches(of: /\{\{-? *\.Values\.([A-Za-z.]+) *\| *toJson *-?\}\}/).map { String($0.output.1) }
        )
        // Each value of a `range` that is passed through.
        for match in template.matches(of: /range (?:\$key, \$value := )?\.Values\.([A-Za-z.]+)/) {
            passed.insert(match.output.1 + ".*")
        }
        let text = template.replacingOccurrences(of: "| toJson", with: "")
        let chart = try String(contentsOfFile: Chart.folder + "/Chart.yaml", encoding: .utf8)
        let about = try Yams.load(yaml: chart) as? [String: Any] ?? [:]
        let name = try Chart.value(about["name"], at: "", passed: [])
        let version = try Chart.value("\(about["appVersion"] ?? "")", at: "", passed: [])
        let dot = TemplateValue.map(
            TemplateMap(
                pairs: [
                    ("Chart", .map(TemplateMap(pairs: [("AppVersion", version), ("Name", name)], depth: 1))),
                    (
                        "Release",
                        .map(TemplateMap(pairs: [("Name", .text(release)), ("Service", .text("Helm"))], depth: 1))
                    ),
                    ("Values", try Chart.value(values, at: "", passed: passed)),
                ],
                depth: 10
            )
        )
        var evaluation = TemplateEvaluation(
            try TemplateParser.program(of: text, name: "chart"),
            scope: TemplateScope(labels: Labels([]), value: 0, time: Timestamp(seconds: 0)) { _ in [] }
        )
        let rendered = try evaluation.expand(dot: dot)
        guard !rendered.contains("<no value>") else { throw ServerProcess.Failure("a value is missing:\n\(rendered)") }
        return rendered
    }

    // MARK: - Values

    private static func merge(_ base: [String: Any], _ over: [String: Any]) -> [String: Any] {
        base.merging(over) { old, new in
            if let old = old as? [String: Any], let new = new as? [String: Any] { merge(old, new) } else { new }
        }
    }

    private static func value(_ value: Any?, at path: String, passed: Set<String>) throws -> TemplateValue {
        let parent = path.lastIndex(of: ".").map { path[..<$0] + ".*" } ?? "*"
        if passed.contains(path) || passed.contains(String(parent)) {
            let json = try JSONSerialization.data(
                withJSONObject: value ?? NSNull(),
                options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
            )
            return .text(String(decoding: json, as: UTF8.self))
        }
        switch value {
        case let value as Bool: return .bool(value)
        case let value as Int: return .integer(Int64(value))
        case let value as String: return .text(value)
        case let value as [String: Any]:
            let pairs = try value.sorted { $0.key < $1.key }.map { name, value in
                (name: name, value: try Chart.value(value, at: path.isEmpty ? name : path + "." + name, passed: passed))
            }
            return .map(TemplateMap(pairs: pairs, depth: 1))
        // The interpreter has no lists: the elements of a `range` are those of a map.
        case let value as [Any] where passed.contains(path + ".*"):
            let pairs = try value.enumerated().map { index, element in
                (name: "\(index)", value: try Chart.value(element, at: "\(path).\(index)", passed: passed))
            }
            return .map(TemplateMap(pairs: pairs, depth: 1))
        // Any other list cannot be used but by toJson: it would come out as "<no value>".
        default: return .none
        }
    }
}
