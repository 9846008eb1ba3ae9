// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

extension VectorColumns {
    /// Each number replaced by a function's value; histograms are left out, names go.
    consuming func mappingNumbers(_ function: (Double) -> Double) -> VectorColumns {
        var columns = self
        columns.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices {
                let value = values[index]
                values[index] = VectorColumns.isNumber(value) ? function(value) : VectorColumns.absent
            }
        }
        columns.histograms = []
        columns.dropAllNames()
        return columns
    }

    /// As ``mappingNumbers(_:)`` with the step beside the number; nil for no sample.
    consuming func mappingNumbers(atSteps function: (Double, Int) -> Double?) -> VectorColumns {
        var columns = self
        let stepCount = columns.stepCount
        columns.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices {
                let value = values[index]
                guard VectorColumns.isNumber(value), let result = function(value, index % stepCount) else {
                    values[index] = VectorColumns.absent
                    continue
                }
                values[index] = result
            }
        }
        columns.histograms = []
        columns.dropAllNames()
        return columns
    }
}

extension Evaluation {
    /// A function of one number: `abs` to `tanh`.
    func mathematics(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let columns = try vector(node.arguments[0])
        switch node.function {
        case .abs: return columns.mappingNumbers { $0.magnitude }
        case .ceil: return columns.mappingNumbers { $0.rounded(.up) }
        case .floor: return columns.mappingNumbers { $0.rounded(.down) }
        case .sqrt: return columns.mappingNumbers { $0.squareRoot() }
        case .exp: return columns.mappingNumbers { exp($0) }
        case .ln: return columns.mappingNumbers { log($0) }
        case .log2: return columns.mappingNumbers { log2($0) }
        case .log10: return columns.mappingNumbers { log10($0) }
        case .sin: return columns.mappingNumbers { sin($0) }
        case .cos: return columns.mappingNumbers { cos($0) }
        case .tan: return columns.mappingNumbers { tan($0) }
        case .asin: return columns.mappingNumbers { asin($0) }
        case .acos: return columns.mappingNumbers { acos($0) }
        case .atan: return columns.mappingNumbers { atan($0) }
        case .sinh: return columns.mappingNumbers { sinh($0) }
        case .cosh: return columns.mappingNumbers { cosh($0) }
        case .tanh: return columns.mappingNumbers { tanh($0) }
        case .asinh: return columns.mappingNumbers { asinh($0) }
        case .acosh: return columns.mappingNumbers { acosh($0) }
        case .atanh: return columns.mappingNumbers { atanh($0) }
        case .rad: return columns.mappingNumbers { $0 * .pi / 180 }
        case .deg: return columns.mappingNumbers { $0 * 180 / .pi }
        case .sgn: return columns.mappingNumbers { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        default: preconditionFailure("every function has its place")
        }
    }

    /// `clamp(vector, least, greatest)` and its halves; nothing at steps at which the bounds are the wrong way round.
    func clamp(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let columns = try vector(node.arguments[0])
        let bounds = try scalar(node.arguments[1])
        let (low, high): ([Double]?, [Double]?)
        switch node.function {
        case .clampMin: (low, high) = (bounds, nil)
        case .clampMax: (low, high) = (nil, bounds)
        default: (low, high) = (bounds, try scalar(node.arguments[2]))
        }
        return columns.mappingNumbers { value, step in
            let (least, greatest) = (low?[step] ?? -.infinity, high?[step] ?? .infinity)
            if greatest < least { return nil }
            return GoMath.greatest(least, GoMath.least(greatest, value))
        }
    }

    /// `round(vector, nearest)`; halves go up.
    func round(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let columns = try vector(node.arguments[0])
        guard node.arguments.count > 1 else { return columns.mappingNumbers { ($0 + 0.5).rounded(.down) } }
        let inverses = try scalar(node.arguments[1]).map { 1 / $0 }
        return columns.mappingNumbers { value, step in (value * inverses[step] + 0.5).rounded(.down) / inverses[step] }
    }
}

/// The lesser and the greater as Go's `math.Min` and `math.Max` have them: an infinity in their direction beats NaN,
/// NaN beats everything else, −0 is less than 0.
enum GoMath {
    static func least(_ a: Double, _ b: Double) -> Double {
        if a == -.infinity || b == -.infinity { return -.infinity }
        if a.isNaN || b.isNaN { return .nan }
        if a == 0, b == 0 { return a.sign == .minus ? a : b }
        return a < b ? a : b
    }

    static func greatest(_ a: Double, _ b: Double) -> Double {
        if a == .infinity || b == .infinity { return .infinity }
        if a.isNaN || b.isNaN { return .nan }
        if a == 0, b == 0 { return a.sign == .minus ? b : a }
        return a > b ? a : b
    }
}
