// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An operator on two numbers, known when the kernel around it is compiled.
///
/// Source of the arithmetic: Prometheus, `promql/engine.go`, scalarBinop; Go's `math` and C's agree on special cases.
protocol NumberOperation {
    /// The result, or ``VectorColumns/absent`` where a comparison leaves nothing.
    static func apply(_ left: Double, _ right: Double) -> Double
}

private enum Add: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { left + right }
}
private enum Subtract: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { left - right }
}
private enum Multiply: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { left * right }
}
private enum Divide: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { left / right }
}
private enum Modulo: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { fmod(left, right) }
}
private enum Power: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { pow(left, right) }
}
private enum ArcTangent: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { atan2(left, right) }
}

private protocol Comparison {
    static func holds(_ left: Double, _ right: Double) -> Bool
}
private enum Equal: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left == right }
}
private enum NotEqual: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left != right }
}
private enum Greater: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left > right }
}
private enum Less: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left < right }
}
private enum GreaterOrEqual: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left >= right }
}
private enum LessOrEqual: Comparison {
    @inline(__always) static func holds(_ left: Double, _ right: Double) -> Bool { left <= right }
}

/// The left number where the comparison holds.
private enum KeepLeft<C: Comparison>: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double {
        C.holds(left, right) ? left : VectorColumns.absent
    }
}
/// The right number where the comparison holds: of a scalar and a vector, the vector's.
private enum KeepRight<C: Comparison>: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double {
        C.holds(left, right) ? right : VectorColumns.absent
    }
}
/// 1 where the comparison holds, else 0.
private enum Truth<C: Comparison>: NumberOperation {
    @inline(__always) static func apply(_ left: Double, _ right: Double) -> Double { C.holds(left, right) ? 1 : 0 }
}

/// What a comparison gives.
enum ComparisonResult {
    /// The left operand, where it holds.
    case left
    /// The right operand, where it holds.
    case right
    /// 1 or 0.
    case truth
}

/// Combines two rows of numbers and absences of the same length into a third, which may be one of them; absent where
/// either is. Says whether there is any sample in it.
typealias RowKernel = (
    _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>, _ count: Int
) -> Bool

@inline(__always)
private func combine<O: NumberOperation>(
    _ left: UnsafePointer<Double>,
    _ right: UnsafePointer<Double>,
    _ result: UnsafeMutablePointer<Double>,
    _ count: Int,
    _: O.Type
) -> Bool {
    var present: UInt64 = 0  // other bits than those of absence
    for step in 0..<count {
        let (a, b) = (left[step], right[step])
        let isAbsent = VectorColumns.isAbsent(a) || VectorColumns.isAbsent(b)
        let value = isAbsent ? VectorColumns.absent : O.apply(a, b)
        result[step] = value
        present |= value.bitPattern ^ VectorColumns.absent.bitPattern
    }
    return present != 0
}

private func comparisonKernel<C: Comparison>(_: C.Type, _ result: ComparisonResult) -> RowKernel {
    switch result {
    case .left: { combine($0, $1, $2, $3, KeepLeft<C>.self) }
    case .right: { combine($0, $1, $2, $3, KeepRight<C>.self) }
    case .truth: { combine($0, $1, $2, $3, Truth<C>.self) }
    }
}

extension BinaryOperator {
    /// Whether its result is another measure than its operands: metric name, type and unit go.
    ///
    /// Source: Prometheus, `promql/engine.go`, changesMetricSchema.
    var changesMetric: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power, .arcTangent: true
        default: false
        }
    }

    /// The kernel over rows of numbers. The trims of histograms leave nothing of numbers.
    ///
    /// - Precondition: it is no set operator.
    func kernel(_ comparison: ComparisonResult) -> RowKernel {
        switch self {
        case .add: { combine($0, $1, $2, $3, Add.self) }
        case .subtract: { combine($0, $1, $2, $3, Subtract.self) }
        case .multiply: { combine($0, $1, $2, $3, Multiply.self) }
        case .divide: { combine($0, $1, $2, $3, Divide.self) }
        case .modulo: { combine($0, $1, $2, $3, Modulo.self) }
        case .power: { combine($0, $1, $2, $3, Power.self) }
        case .arcTangent: { combine($0, $1, $2, $3, ArcTangent.self) }
        case .equal: comparisonKernel(Equal.self, comparison)
        case .notEqual: comparisonKernel(NotEqual.self, comparison)
        case .greater: comparisonKernel(Greater.self, comparison)
        case .less: comparisonKernel(Less.self, comparison)
        case .greaterOrEqual: comparisonKernel(GreaterOrEqual.self, comparison)
        case .lessOrEqual: comparisonKernel(LessOrEqual.self, comparison)
        case .trimLower, .trimUpper, .and, .or, .unless: preconditionFailure("not an operator on numbers")
        }
    }

    /// Whether it takes two numbers.
    var takesNumbers: Bool { !isSetOperator && self != .trimLower && self != .trimUpper }
}
