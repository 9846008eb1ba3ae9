// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Why a command cannot be read.
struct ScriptFault: Error {
    /// Counted from 1.
    var line: Int
    var message: String
}

/// Reads a script, command by command. A command that cannot be read is told and stepped over, up to an empty line.
struct ScriptReader {
    /// Lines without the space around them; comments are empty lines.
    private let lines: [String]
    /// The index of the line to read next.
    private var next = 0

    init(_ text: String) {
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
            let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
            guard let first = line.firstIndex(where: { !blank($0) }), line[first] != "#",
                let last = line.lastIndex(where: { !blank($0) })
            else { return "" }
            return String(line[first...last])
        }
    }

    /// The whole script.
    mutating func read() -> TestScript {
        var script = TestScript()
        while next < lines.count {
            let line = next + 1
            let text = lines[next]
            next += 1
            if text.isEmpty { continue }
            do throws(ScriptFault) {
                script.commands.append(.init(line: line, action: try command(text, line)))
            } catch {
                script.commands.append(.init(line: error.line, action: .unreadable(error.message)))
                while nextLineOfBlock() != nil {}
            }
        }
        return script
    }

    private mutating func command(_ text: String, _ line: Int) throws(ScriptFault) -> TestScript.Command.Action {
        let words = Words(text)
        switch words.first {
        case "clear": return .clear
        case "load": return .load(try load(words, line, convertsHistograms: false))
        case "load_with_nhcb": return .load(try load(words, line, convertsHistograms: true))
        default:
            guard let evaluation = try evaluation(words, line) else {
                throw ScriptFault(line: line, message: "invalid command \"\(text)\"")
            }
            return .evaluate(evaluation)
        }
    }

    /// The next line that belongs to the command, and its number; nil at an empty line or at the end.
    private mutating func nextLineOfBlock() -> (text: String, number: Int)? {
        guard next < lines.count, !lines[next].isEmpty else { return nil }
        next += 1
        return (lines[next - 1], next)
    }

    // MARK: - load

    private mutating func load(
        _ words: Words,
        _ line: Int,
        convertsHistograms: Bool
    ) throws(ScriptFault) -> ScriptLoad {
        guard let interval = try? DurationText.milliseconds(of: words.rest(after: 1)) else {
            throw ScriptFault(line: line, message: "invalid step \"\(words.rest(after: 1))\"")
        }
        var load = ScriptLoad(interval: interval, convertsHistograms: convertsHistograms)
        var defaults: [Int64?] = []
        var pending: (labels: Labels, offsets: [Int64?])?
        while let (text, number) = nextLineOfBlock() {
            do throws(SeriesNotationError) {
                let (metric, values) = SeriesNotation.split(text)
                if metric.hasSuffix("@st") {
                    guard pending == nil else {
                        throw SeriesNotationError("the @st line before has no line of samples")
                    }
                    let offsets = try StartTimeNotation.offsets(values)
                    if metric == "@st" {
                        defaults = offsets
                    } else {
                        pending = (try SeriesNotation.labels(metric.dropLast(3)), offsets)
                    }
                    continue
                }
                let series = try SeriesNotation(text)
                if let pending, pending.labels != series.labels || pending.offsets.count != series.values.count {
                    throw SeriesNotationError("the @st line before is of another series or number of samples")
                }
                var offsets = pending?.offsets ?? []
                if pending == nil, !defaults.isEmpty {
                    offsets = series.values.indices.map { defaults[$0 % defaults.count] }
                }
                pending = nil
                let entry = ScriptLoad.Series(labels: series.labels, values: series.values, startOffsets: offsets)
                if let known = load.series.firstIndex(where: { $0.labels == entry.labels }) {
                    load.series[known] = entry
                } else {
                    load.series.append(entry)
                }
            } catch {
                throw ScriptFault(line: number, message: error.description)
            }
        }
        guard pending == nil else { throw ScriptFault(line: next, message: "@st line without a line of samples") }
        return load
    }

    // MARK: - eval

    /// Nil when it is no `eval` command.
    private mutating func evaluation(_ words: Words, _ line: Int) throws(ScriptFault) -> ScriptEvaluation? {
        guard words.first.hasPrefix("eval") else { return nil }
        var evaluation: ScriptEvaluation
        switch words[1] {
        case "instant":
            guard words[2] == "at", let time = try? DurationText.milliseconds(of: String(words[3])),
                !words.rest(after: 4).isEmpty
            else { throw ScriptFault(line: line, message: "expected eval instant at TIME QUERY") }
            evaluation = ScriptEvaluation(query: words.rest(after: 4), times: .instant(time))
        case "range":
            guard let (start, end, step) = words.range(after: 2), !words.rest(after: 8).isEmpty else {
                throw ScriptFault(line: line, message: "expected eval range from START to END step STEP QUERY")
            }
            evaluation = ScriptEvaluation(
                query: words.rest(after: 8),
                times: .range(start: start, end: end, step: step)
            )
        default:
            throw ScriptFault(line: line, message: "expected eval instant or eval range")
        }
        switch words.first {
        case "eval": break
        case "eval_fail": evaluation.failure = []
        case "eval_warn": evaluation.warnings = try [.any(line)]
        case "eval_info": evaluation.infos = try [.any(line)]
        case "eval_ordered": evaluation.isOrdered = true
        default: return nil
        }
        var rows: [ScriptEvaluation.Row] = []
        while let (text, number) = nextLineOfBlock() {
            if try expectation(text, number, &evaluation) { continue }
            if evaluation.failure != nil, let failure = try oldFailure(text, number) {
                evaluation.failure?.append(failure)
                return evaluation
            }
            if let value = Double(text) {
                evaluation.value = .scalar(.number(value))
                return evaluation
            }
            rows.append(try row(text, number, evaluation))
        }
        if case .series = evaluation.value { evaluation.value = .series(rows) }
        return evaluation
    }

    private func row(
        _ text: String,
        _ line: Int,
        _ evaluation: ScriptEvaluation
    ) throws(ScriptFault) -> ScriptEvaluation.Row {
        do throws(SeriesNotationError) {
            let series = try SeriesNotation(text)
            if case .instant = evaluation.times, evaluation.rangeVector == nil, series.values.count != 1 {
                throw SeriesNotationError("an instant query has one value for each series")
            }
            return ScriptEvaluation.Row(labels: series.labels, values: series.values)
        } catch {
            throw ScriptFault(line: line, message: error.description)
        }
    }

    /// The line under `eval_fail`: `expected_fail_message …`, `expected_fail_regexp …`.
    private func oldFailure(_ text: String, _ line: Int) throws(ScriptFault) -> TextExpectation? {
        let words = Words(text)
        switch words.first {
        case "expected_fail_message": return TextExpectation(exactly: words.rest(after: 1))
        case "expected_fail_regexp": return try .pattern(words.rest(after: 1), line)
        default: return nil
        }
    }

    /// Takes a line that begins with `expect`; false when it is none.
    private func expectation(
        _ text: String,
        _ line: Int,
        _ evaluation: inout ScriptEvaluation
    ) throws(ScriptFault) -> Bool {
        let words = Words(text)
        guard words.first == "expect" else { return false }
        switch words[1] {
        case "ordered": evaluation.isOrdered = true
        case "fail":
            guard evaluation.failure?.isEmpty ?? true else {
                throw ScriptFault(line: line, message: "only one expect fail line is allowed")
            }
            evaluation.failure = [try .line(words, line)]
        case "warn", "no_warn": try add(words, line, to: &evaluation.warnings)
        case "info", "no_info": try add(words, line, to: &evaluation.infos)
        case "string": evaluation.value = .string(try literal(words.rest(after: 2), line))
        case "range" where words[2] == "vector":
            guard let times = words.range(after: 3) else {
                throw ScriptFault(line: line, message: "expected expect range vector from START to END step STEP")
            }
            evaluation.rangeVector = times
            // Prometheus asks at the end of the range vector, whatever the eval line says.
            evaluation.times = .instant(times.end)
        default: throw ScriptFault(line: line, message: "invalid expect line")
        }
        return true
    }

    private func add(
        _ words: Words,
        _ line: Int,
        to expectations: inout [TextExpectation]?
    ) throws(ScriptFault) {
        let isNone = words[1].hasPrefix("no_")
        if let known = expectations, known.isEmpty != isNone {
            throw ScriptFault(line: line, message: "expect \(words[1]) contradicts another line")
        }
        expectations = (expectations ?? []) + (isNone ? [] : [try .line(words, line)])
    }

    /// A string as PromQL writes it.
    private func literal(_ text: String, _ line: Int) throws(ScriptFault) -> String {
        if let expression = try? QueryEngine.parse(text), case .string(let node) = expression { return node.value }
        throw ScriptFault(line: line, message: "expected a string between quotes behind expect string")
    }
}

extension TextExpectation {
    /// `expect fail msg: text`, `expect warn regex: pattern`, or `expect info` alone.
    fileprivate static func line(_ words: Words, _ line: Int) throws(ScriptFault) -> TextExpectation {
        let rest = words.rest(after: 2)
        if rest.isEmpty { return try any(line) }
        guard let colon = rest.firstIndex(of: ":") else {
            throw ScriptFault(line: line, message: "expected msg: or regex: in an expect line")
        }
        let text = rest[rest.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        switch rest[..<colon] {
        case "msg": return TextExpectation(exactly: String(text))
        case "regex": return try pattern(String(text), line)
        default: throw ScriptFault(line: line, message: "expected msg: or regex: in an expect line")
        }
    }

    fileprivate static func any(_ line: Int) throws(ScriptFault) -> TextExpectation { try pattern("", line) }

    fileprivate static func pattern(_ pattern: String, _ line: Int) throws(ScriptFault) -> TextExpectation {
        do throws(LabelMatcherError) {
            return try TextExpectation(containing: pattern)
        } catch {
            throw ScriptFault(line: line, message: "invalid regular expression: \(error.message)")
        }
    }
}

/// The words of a line; behind the last one they are empty.
private struct Words {
    private let text: String
    private let words: [Substring]

    init(_ text: String) {
        self.text = text
        words = text.split { $0 == " " || $0 == "\t" }
    }

    var first: Substring { self[0] }

    subscript(index: Int) -> Substring { index < words.count ? words[index] : "" }

    /// The text behind the first `count` words.
    func rest(after count: Int) -> String {
        count < words.count ? String(text[words[count].startIndex...]) : ""
    }

    /// `from START to END step STEP`, in milliseconds; nil when it is not that, or does not go forward.
    func range(after count: Int) -> (start: Int64, end: Int64, step: Int64)? {
        guard self[count] == "from", self[count + 2] == "to", self[count + 4] == "step",
            let start = try? DurationText.milliseconds(of: String(self[count + 1])),
            let end = try? DurationText.milliseconds(of: String(self[count + 3])),
            let step = try? DurationText.milliseconds(of: String(self[count + 5])),
            start <= end, step > 0
        else { return nil }
        return (start, end, step)
    }
}
