// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// An arithmetic, comparison or trim operator between two vectors.
///
/// Which rows belong together is found once, from the labels. Where one row meets rows of the other side and nothing
/// else can happen, a kernel runs over the whole rows. Elsewhere (several rows of the "one" side that take turns,
/// `fill`, histograms) a group is walked through step by step, since all that Prometheus forbids, it forbids at a step.
///
/// Source: Prometheus, `promql/engine.go`, VectorBinop and resultMetric.
struct VectorJoin {
    /// What is wrong, and where in the order of Prometheus's evaluation; the first is the query's error.
    private struct Fault {
        var place: (step: Int, phase: Int, row: Int)
        var error: QueryError
    }

    /// A row of each side, nil where it is filled in, and the row of the result that comes of them.
    struct Pair {
        let many: Int?
        let one: Int?
        let result: Int
    }

    /// What comes of a match: a number, or absence for a comparison that does not hold, or a histogram.
    private enum Made {
        case made(Double, Box?)
        case impossible
    }

    /// Keeps a histogram out of the way of numbers.
    private final class Box {
        let histogram: NativeHistogram

        init(_ histogram: NativeHistogram) { self.histogram = histogram }
    }

    var operation: SampleOperation
    let matching: VectorMatching
    /// The side that may have many rows in a group (one-to-one: the left one) and the other one.
    let many: VectorColumns
    let one: VectorColumns
    let manyIsLeft: Bool
    let selection: LabelSelection
    let stepCount: Int

    private var rows = LabelIndex(.all)
    /// Of each row of the result the row of the "many" side from which it first came, or their count.
    private var origins: [Int] = []
    var result: VectorColumns
    private var fault: Fault?
    /// Whether the kernel has run, and the result has values.
    private var isWalking = false
    /// At which steps the "many" side has any sample; made when it is first asked for.
    private lazy var manyIsPresent: [Bool] = {
        var isPresent = Array(repeating: false, count: stepCount)
        for row in 0..<many.count {
            for step in isPresent.indices where !VectorColumns.isAbsent(many.values[row * stepCount + step]) {
                isPresent[step] = true
            }
        }
        return isPresent
    }()
    /// Of each row of the result, in which group and at which step it was last made: group × steps + step.
    private var stamps: [Int] = []

    init(_ node: BinaryExpression, _ matching: VectorMatching, _ left: VectorColumns, _ right: VectorColumns) {
        operation = SampleOperation(node.operation, node.returnsBool ? .truth : .left)
        self.matching = matching
        manyIsLeft = matching.cardinality != .oneToMany
        (many, one) = manyIsLeft ? (left, right) : (right, left)
        selection = LabelSelection(matching)
        stepCount = left.stepCount
        result = VectorColumns(stepCount: left.stepCount)
    }

    /// The result. At one step its rows are in the order of the "many" side, at several in no order that matters.
    ///
    /// - Throws: when labels do not say which samples belong together.
    /// - Complexity: O((rows × labels) + (rows × steps)).
    mutating func run(_ query: RunningQuery) throws(QueryError) -> VectorColumns {
        let hasFill = matching.fillLeft != nil || matching.fillRight != nil
        if many.count == 0 && one.count == 0 || !hasFill && (many.count == 0 || one.count == 0) { return result }
        let groups = try MatchGroups(many, one, by: selection, query)
        var pace = Pace(query)
        rows = LabelIndex(.all, capacity: many.count)
        let isPlain = operation.operation.takesNumbers && !many.hasHistograms && !one.hasHistograms
        var pairs: [Pair] = []
        pairs.reserveCapacity(many.count)
        var others: [Int] = []
        for group in 0..<groups.count {
            let (manyRows, oneRows) = (groups.first[group], groups.second[group])
            if oneRows.isEmpty && matching.fillRight == nil { continue }
            if manyRows.isEmpty && matching.fillLeft == nil && oneRows.count < 2 { continue }
            try pace.advance(by: 4 * (manyRows.count + oneRows.count))
            let isPlanned: Bool
            if !isPlain || oneRows.count > 1 || manyRows.count > 1 && matching.cardinality == .oneToOne {
                isPlanned = false
            } else if hasFill {
                isPlanned = manyRows.count <= 1 && planFilled(manyRows.first, oneRows.first, &pairs)
            } else {
                isPlanned = plan(manyRows, Int(oneRows[oneRows.startIndex]), &pairs)
            }
            if !isPlanned { others.append(group) }
        }
        try query.checkpoint()
        let hasSample = try runKernel(on: pairs, query)
        if others.isEmpty { return inOrder(result).keepingRows(inOrder(hasSample)) }
        isWalking = true
        stamps = Array(repeating: -1, count: result.count)
        for group in others { try walk(groups.first[group], groups.second[group], group, &pace) }
        if let fault { throw fault.error }
        return inOrder(result)
    }

    /// At one step, where the order of rows is seen: that of the "many" side's rows.
    private func inOrder(_ result: consuming VectorColumns) -> VectorColumns {
        stepCount == 1 ? result.reordered(order) : result
    }

    private func inOrder(_ hasSample: [Bool]) -> [Bool] {
        stepCount == 1 ? order.map { hasSample[$0] } : hasSample
    }

    private var order: [Int] { origins.indices.sorted { (origins[$0], $0) < (origins[$1], $1) } }

    /// Goes through one group at all steps, in Prometheus's order of things.
    private mutating func walk(
        _ manyRows: ArraySlice<Int32>,
        _ oneRows: ArraySlice<Int32>,
        _ group: Int,
        _ pace: inout Pace
    ) throws(QueryError) {
        // For each row of the "many" side the last one that it met, and the row of the result that came of it.
        var met = Array(repeating: (one: -2, result: -1), count: manyRows.count)
        var metByFill = (one: -2, result: -1)
        for step in 0..<stepCount {
            try pace.advance(by: 1 + oneRows.count)
            var oneRow: Int?
            for row in oneRows where !VectorColumns.isAbsent(one.values[Int(row) * stepCount + step]) {
                if let first = oneRow { noteDuplicate(first, Int(row), step) }
                oneRow = Int(row)
            }
            var isMatched = false
            for (place, row) in manyRows.enumerated() {
                try pace.advance(by: 1)
                let index = Int(row) * stepCount + step
                if VectorColumns.isAbsent(many.values[index]) { continue }
                if oneRow == nil, matching.fillRight == nil { continue }
                let outcome = apply(index, oneRow.map { $0 * stepCount + step })
                guard case .made = outcome else { continue }
                let partner = oneRow ?? -1
                if met[place].one != partner {
                    let labels = many.labels[Int(row)]
                    let oneLabels = oneRow.map { one.labels[$0] } ?? selection.part(of: labels)
                    let result = resultRow(
                        resultLabels(labels, oneLabels),
                        dropsName(Int(row)),
                        origin: Int(row)
                    ).number
                    met[place] = (partner, result)
                }
                if matching.cardinality == .oneToOne, isMatched {
                    note((step, 1, Int(row))) {
                        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    }
                }
                isMatched = true
                put(outcome, met[place].result, (group, step), Int(row))
            }
            guard !isMatched, let oneRow, matching.fillLeft != nil else { continue }
            let outcome = apply(nil, oneRow * stepCount + step)
            guard case .made = outcome else { continue }
            if metByFill.one != oneRow {
                let labels = one.labels[oneRow]
                let result = resultRow(
                    resultLabels(selection.part(of: labels), labels),
                    operation.comparison == .truth,
                    origin: many.count
                ).number
                metByFill = (oneRow, result)
            }
            put(outcome, metByFill.result, (group, step), many.count)
        }
    }

    /// What comes of two samples, by their places in the values; nil for the fill value. There are both, or one and the
    /// fill value for the other.
    private mutating func apply(_ manyIndex: Int?, _ oneIndex: Int?) -> Made {
        let manyValue = manyIndex.map { many.values[$0] } ?? matching.fillLeft ?? .nan
        let oneValue = oneIndex.map { one.values[$0] } ?? matching.fillRight ?? .nan
        if !VectorColumns.isHistogram(manyValue), !VectorColumns.isHistogram(oneValue) {
            let (left, right) = manyIsLeft ? (manyValue, oneValue) : (oneValue, manyValue)
            if let number = operation.number(left, right) { return .made(number, nil) }
        }
        let manySample = manyIndex.flatMap { OperandSample(many, at: $0) } ?? .number(manyValue)
        let oneSample = oneIndex.flatMap { OperandSample(one, at: $0) } ?? .number(oneValue)
        let outcome =
            manyIsLeft ? operation.apply(manySample, oneSample) : operation.apply(oneSample, manySample)
        switch outcome {
        case .impossible: return .impossible
        case .filtered: return .made(VectorColumns.absent, nil)
        case .sample(.number(let number)): return .made(number, nil)
        case .sample(.histogram(let histogram)): return .made(VectorColumns.histogramMark, Box(histogram))
        }
    }

    /// Puts what came of a match into the result, unless the match was one too many. Also a comparison that does not
    /// hold is a match.
    private mutating func put(
        _ outcome: Made,
        _ row: Int,
        _ place: (group: Int, step: Int),
        _ manyRow: Int
    ) {
        let stamp = place.group * stepCount + place.step
        if stamps[row] == stamp, matching.cardinality != .oneToOne {
            note((place.step, 1, manyRow)) {
                "multiple matches for labels: grouping labels must ensure unique matches"
            }
        }
        stamps[row] = stamp
        guard case .made(let value, let histogram) = outcome, !VectorColumns.isAbsent(value) else { return }
        let index = row * stepCount + place.step
        if !VectorColumns.isAbsent(result.values[index]) {
            note((place.step, 2, manyRow)) { "vector cannot contain metrics with the same labelset" }
        }
        if let histogram {
            result.set(histogram.histogram, at: index)
        } else {
            result.values[index] = value
        }
    }

    /// Notes two rows of the "one" side in one group at one step; no fault where the other side has no sample at all.
    private mutating func noteDuplicate(_ first: Int, _ second: Int, _ step: Int) {
        if let fault, fault.place < (step, 0, second) { return }
        if matching.fillLeft == nil, matching.fillRight == nil, !manyIsPresent[step] { return }
        let side = manyIsLeft ? "right" : "left"
        let series = [one.labels[first], one.labels[second]].sorted().map(\.promQLText).joined(separator: ", ")
        let group = selection.part(of: one.labels[second]).promQLText
        note((step, 0, second)) {
            "found duplicate series for the match group \(group) on the \(side) hand-side of the operation: [\(series)]"
                + ";many-to-many matching not allowed: matching labels must be unique on one side"
        }
    }

    private mutating func note(_ place: (step: Int, phase: Int, row: Int), _ text: () -> String) {
        if let fault, fault.place <= place { return }
        fault = Fault(place: place, error: QueryError(.execution, text()))
    }

    /// The row of the result with these labels, a new one if need be. Until the kernel runs no row has values.
    mutating func resultRow(
        _ labels: Labels,
        _ dropsName: Bool,
        origin: Int
    ) -> (number: Int, isNew: Bool) {
        let (number, isNew) = rows.number(of: labels)
        if isNew {
            origins.append(origin)
            if isWalking {
                result.appendAbsent(labels, dropsName: dropsName)
                stamps.append(-1)
            } else {
                result.labels.append(labels)
                result.dropsName.append(dropsName)
            }
        }
        return (number, isNew)
    }

    /// Whether the name of a row goes at the end. Where arithmetic has taken it away already there is none to go.
    func dropsName(_ manyRow: Int) -> Bool { operation.comparison == .truth || many.dropsName[manyRow] }

    /// The labels of what comes of a row of the "many" side and one of the other.
    func resultLabels(_ many: Labels, _ one: Labels) -> Labels {
        let changesMetric = operation.operation.changesMetric
        let isOneToOne = matching.cardinality == .oneToOne
        var labels = many.filtered { name in
            if changesMetric, Labels.isMetadata(name) { return false }
            return !isOneToOne || matching.labels.containsBytes(of: name) == matching.isOn
        }
        for name in matching.include { labels = labels.setting(name, to: one[name] ?? "") }
        return labels
    }
}
