// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A sample with which an operator works.
enum OperandSample {
    case number(Double)
    case histogram(NativeHistogram)

    /// What stands at an index of a vector's values, or nil.
    @inline(__always)
    init?(_ columns: borrowing VectorColumns, at index: Int) {
        let value = columns.values[index]
        if VectorColumns.isAbsent(value) { return nil }
        if VectorColumns.isHistogram(value) {
            guard let histogram = columns.histograms[index] else { preconditionFailure("a marked sample is there") }
            self = .histogram(histogram)
        } else {
            self = .number(value)
        }
    }
}

/// An operator on two samples of any kind: the way for vectors that have histograms, one sample at a time.
///
/// Remarks are gathered, each once, and told at the end.
///
/// Source: Prometheus, `promql/engine.go`, vectorElemBinop and handleVectorBinopError; texts of
/// `util/annotations/annotations.go`.
struct SampleOperation {
    /// What comes of two samples.
    enum Outcome {
        case sample(OperandSample)
        /// The comparison does not hold.
        case filtered
        /// There is no such operation on these; a remark says so.
        case impossible
    }

    private struct Remarks: OptionSet {
        let rawValue: UInt16
        static let incompatible = (0..<4).map { Remarks(rawValue: 1 << UInt16($0)) }
        static let mixedSchemas = Remarks(rawValue: 16)
        static let resetsCollide = Remarks(rawValue: 32)
        static let boundsReconciled = Remarks(rawValue: 64)
    }

    let operation: BinaryOperator
    let comparison: ComparisonResult
    private let kernel: RowKernel?
    private var remarks: Remarks = []

    init(_ operation: BinaryOperator, _ comparison: ComparisonResult) {
        self.operation = operation
        self.comparison = comparison
        kernel = operation.takesNumbers ? operation.kernel(comparison) : nil
    }

    /// Applies it to two numbers; absent where a comparison does not hold. Nil when it takes no numbers.
    @inline(__always)
    func number(_ left: Double, _ right: Double) -> Double? {
        guard let kernel else { return nil }
        var (a, b, result) = (left, right, 0.0)
        _ = kernel(&a, &b, &result, 1)
        return result
    }

    /// Applies it. Of two vectors, histograms whose counter resets contradict one another give nothing but a warning.
    mutating func apply(_ left: OperandSample, _ right: OperandSample) -> Outcome {
        switch (left, right) {
        case (.number(let a), .number(let b)):
            guard let result = number(a, b) else { return impossible(left, right) }
            return VectorColumns.isAbsent(result) ? .filtered : .sample(.number(result))
        case (.number(let number), .histogram(let histogram)):
            guard operation == .multiply else { return impossible(left, right) }
            return .sample(.histogram(histogram.multiplied(by: number)))
        case (.histogram(let histogram), .number(let number)):
            switch operation {
            case .multiply: return .sample(.histogram(histogram.multiplied(by: number)))
            case .divide:
                var result = histogram
                result.divide(by: number)
                result.compact()
                return .sample(.histogram(result))
            case .trimUpper: return .sample(.histogram(histogram.trimmed(above: number)))
            case .trimLower: return .sample(.histogram(histogram.trimmed(below: number)))
            default: return impossible(left, right)
            }
        case (.histogram(let a), .histogram(let b)):
            switch operation {
            case .add, .subtract: return sum(a, b)
            case .equal, .notEqual: return compared(a, b)
            default: return impossible(left, right)
            }
        }
    }

    private mutating func sum(_ left: NativeHistogram, _ right: NativeHistogram) -> Outcome {
        var result = left
        let notes: HistogramMergeNotes
        do throws(HistogramError) {
            notes = operation == .add ? try result.add(right) : try result.subtract(right)
        } catch {
            remarks.insert(.mixedSchemas)
            return .impossible
        }
        if operation == .subtract { result.resetHint = .gauge }
        if notes.contains(.resetHintsCollide) {
            remarks.insert(.resetsCollide)
            return .impossible
        }
        if notes.contains(.boundsReconciled) { remarks.insert(.boundsReconciled) }
        result.compact()
        return .sample(.histogram(result))
    }

    private func compared(_ left: NativeHistogram, _ right: NativeHistogram) -> Outcome {
        let holds = left.hasSameContents(as: right) == (operation == .equal)
        switch comparison {
        case .truth: return .sample(.number(holds ? 1 : 0))
        case .left: return holds ? .sample(.histogram(left)) : .filtered
        case .right: return holds ? .sample(.histogram(right)) : .filtered
        }
    }

    private mutating func impossible(_ left: OperandSample, _ right: OperandSample) -> Outcome {
        var index = 0
        if case .histogram = left { index += 2 }
        if case .histogram = right { index += 1 }
        remarks.insert(Remarks.incompatible[index])
        return .impossible
    }

    /// Tells what was remarked.
    func tell(_ annotations: inout Annotations, at position: SourceRange) {
        let name = operation.rawValue
        for (index, remark) in Remarks.incompatible.enumerated() where remarks.contains(remark) {
            let left = index >= 2 ? "histogram" : "float"
            let right = index % 2 == 1 ? "histogram" : "float"
            annotations.inform(
                "incompatible sample types encountered for binary operator \"\(name)\": \(left) \(name) \(right)",
                at: position
            )
        }
        let doing = operation == .add ? HistogramOperation.addition : .subtraction
        if remarks.contains(.mixedSchemas) {
            annotations.warn("incompatible bucket layout encountered for binary operator \(name)", at: position)
        }
        if remarks.contains(.resetsCollide) {
            annotations.warnOfCollidingResets(doing, at: position)
        }
        if remarks.contains(.boundsReconciled) {
            annotations.informOfReconciledBounds(doing, at: position)
        }
    }
}

extension NativeHistogram {
    /// Multiplied, without empty buckets.
    fileprivate func multiplied(by factor: Double) -> NativeHistogram {
        var result = self
        result.multiply(by: factor)
        result.compact()
        return result
    }
}
