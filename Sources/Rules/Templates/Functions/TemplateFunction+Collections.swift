// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateFunction {
    /// `len`, `index`, `slice`, `args`, `call`.
    ///
    /// Source: Go, `text/template/funcs.go`; Prometheus, `template/template.go`.
    static let collections: [TemplateFunction] = [
        TemplateFunction("len", [.any]) { _, arguments throws(TemplateFault) in
            switch arguments[0] {
            case .text(let text): return .integer(Int64(text.utf8.count))
            case .labels(let labels): return .integer(Int64(labels.pairs.count))
            case .map(let map): return .integer(Int64(map.pairs.count))
            case .vector(let samples): return .integer(Int64(samples.count))
            default: throw TemplateFault("len of type \(arguments[0].typeName)")
            }
        },
        TemplateFunction("index", [.any], isVariadic: true) { _, arguments throws(TemplateFault) in
            var value = arguments[0]
            for key in arguments.dropFirst() { value = try element(key, of: value) }
            return value
        },
        TemplateFunction("slice", [.any], isVariadic: true) { _, arguments throws(TemplateFault) in
            try slice(arguments[0], arguments.dropFirst())
        },
        TemplateFunction("args", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            let pairs = arguments.enumerated().map { (name: "arg\($0)", value: $1) }
            let depth = arguments.reduce(0) {
                if case .map(let map) = $1 { max($0, map.depth) } else { $0 }
            }
            if depth >= TemplateBounds.mostNesting {
                throw TemplateFault("nested more than \(TemplateBounds.mostNesting) deep")
            }
            let ordered = pairs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return .map(TemplateMap(pairs: ordered, depth: depth + 1))
        },
        TemplateFunction("call", [.any], isVariadic: true) { _, arguments throws(TemplateFault) in
            throw TemplateFault("there are no functions as values: got \(arguments[0].typeName)")
        },
    ]

    private static func element(_ key: TemplateValue, of value: TemplateValue) throws(TemplateFault) -> TemplateValue {
        switch (value, key) {
        case (.labels(let labels), .text(let name)): return .text(labels[name] ?? "")
        case (.map(let map), .text(let name)): return map[name] ?? .none
        case (.labels, _), (.map, _): throw TemplateFault("value has type \(key.typeName); should be string")
        case (.vector(let samples), _): return .sample(samples[try position(key, below: samples.count)])
        case (.text(let text), _):
            let bytes = text.utf8
            let offset = try position(key, below: bytes.count)
            return .integer(Int64(bytes[bytes.index(bytes.startIndex, offsetBy: offset)]))
        case (.none, _): throw TemplateFault("index of untyped nil")
        default: throw TemplateFault("can't index item of type \(value.typeName)")
        }
    }

    /// The number of an index in 0..<`end`.
    private static func position(_ key: TemplateValue, below end: Int) throws(TemplateFault) -> Int {
        guard case .integer(let number) = key else {
            throw TemplateFault("cannot index slice/array with type \(key.typeName)")
        }
        guard let position = Int(exactly: number), position >= 0, position < end else {
            throw TemplateFault("index out of range: \(number)")
        }
        return position
    }

    /// Up to three indexes as Go has them; a string takes two.
    private static func slice(
        _ value: TemplateValue,
        _ indexes: ArraySlice<TemplateValue>
    ) throws(TemplateFault) -> TemplateValue {
        let count: Int
        switch value {
        case .text(let text):
            if indexes.count > 2 { throw TemplateFault("cannot 3-index slice a string") }
            count = text.utf8.count
        case .vector(let samples): count = samples.count
        case .none: throw TemplateFault("slice of untyped nil")
        default: throw TemplateFault("can't slice item of type \(value.typeName)")
        }
        if indexes.count > 3 { throw TemplateFault("too many slice indexes: \(indexes.count)") }
        var bounds: [Int] = []
        for index in indexes { bounds.append(try position(index, below: count + 1)) }
        let start = bounds.first ?? 0
        let end = bounds.count > 1 ? bounds[1] : count
        let last = bounds.count > 2 ? bounds[2] : count
        if start > end || end > last { throw TemplateFault("invalid slice index: \(start) > \(end)") }
        switch value {
        case .vector(let samples): return .vector(Array(samples[start..<end]))
        default: return .text(String(decoding: value.string.utf8.dropFirst(start).prefix(end - start), as: UTF8.self))
        }
    }
}
