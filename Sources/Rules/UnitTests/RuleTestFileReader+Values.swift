// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries
import YAML

/// Scalars and small mappings of a test file, as promtool reads them.
extension RuleTestFileReader {
    /// Milliseconds.
    func duration(_ value: YAMLValue) throws(FileError) -> Int64 {
        let text = try value.string()
        do throws(DurationText.Fault) {
            return try DurationText.milliseconds(of: text)
        } catch {
            throw value.fault(error.message)
        }
    }

    /// A number as YAML writes them; infinity is `.inf`.
    func number(_ value: YAMLValue) throws(FileError) -> Double {
        let text = try value.string()
        switch text.lowercased() {
        case ".inf", "+.inf": return .infinity
        case "-.inf": return -.infinity
        case ".nan": return .nan
        default: break
        }
        guard let number = GoNumber.parse(text), number.isFinite else {
            throw value.fault("'\(text)' is not a number such as 5, 0.25, 1e-3, .inf, -.inf or .nan")
        }
        return number
    }

    /// Names and texts of labels or annotations.
    func texts(_ value: YAMLValue) throws(FileError) -> [(name: String, value: String)] {
        var texts: [(name: String, value: String)] = []
        for (name, value) in try value.pairs() {
            // YAML tells `true` from `"true"`.
            if texts.contains(where: { $0.name == name }) { throw value.fault("key given twice: \(name)") }
            texts.append((name, value.isNothing ? "" : try value.string()))
        }
        return texts
    }
}
