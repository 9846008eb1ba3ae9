// SPDX-License-Identifier: Apache-2.0

extension YAMLValue {
    /// A finite decimal number: `5`, `0.25`, `1e-3`, with an optional sign.
    public func number() throws(FileError) -> Double {
        let text = try string()
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text), number.isFinite
        else { throw fault("'\(text)' is not a number") }
        return number
    }

    /// Whether the value is positive infinity, as YAML or as Prometheus writes it.
    public var isInfinity: Bool {
        guard let text = try? string() else { return false }
        return [".inf", "+.inf", "inf", "+inf"].contains(text.lowercased())
    }

    /// A span of time as Prometheus writes it, longer than none: `400d`, `1h30m`, `90s`; the units are y, w, d, h, m, s
    /// and ms, each at most once, the largest first (Prometheus: `model.ParseDuration`). A year has 365 days.
    public func duration() throws(FileError) -> Duration {
        let text = try string()
        let units: [(name: String, milliseconds: Int64)] = [
            ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
            ("ms", 1),
        ]
        let wrong = fault("'\(text)' is not a duration such as 400d or 1h30m")
        var rest = text[...]
        var known = units[...]
        var sum: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest[name.endIndex...]
            guard let count = Int64(digits), let index = known.firstIndex(where: { $0.name == name }) else {
                throw wrong
            }
            let (span, overflow) = count.multipliedReportingOverflow(by: known[index].milliseconds)
            let (total, overflows) = sum.addingReportingOverflow(span)
            guard !overflow, !overflows else { throw fault("the duration '\(text)' is too long") }
            sum = total
            known = known[(index + 1)...]
        }
        guard sum > 0 else { throw wrong }
        return .milliseconds(sum)
    }
}
