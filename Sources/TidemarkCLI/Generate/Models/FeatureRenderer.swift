// SPDX-License-Identifier: Apache-2.0

/// Writes the object `features` of predictions, from prepared pieces.
struct FeatureRenderer: ~Copyable {
    /// A feature of any model, laid flat.
    private struct Row {
        var feature: SimulatedFeature
        /// Null when the missing word's lowest 16 bits are below this.
        var missingChances: UInt64
        /// Index of its first value among all values; categories and flags.
        var firstValue = 0
        /// 256 entries: value for a byte; categories and flags.
        var choice: [UInt8] = []
    }

    private let draws: ModelDraws
    /// Of each model.
    private let rows: [[Row]]
    /// Index of a model's first feature among all features.
    private let firstFeature: [Int]
    /// One for each feature: a comma where one is due, and the name.
    private let names: FragmentTable
    /// One for each value of each category and flag, as JSON.
    private let values: FragmentTable

    init(draws: ModelDraws) {
        self.draws = draws
        var rows: [[Row]] = []
        var firstFeature: [Int] = []
        var names: [String] = []
        var values: [String] = []
        for model in ModelCatalog.models {
            firstFeature.append(names.count)
            names += model.features.enumerated().map { ($0 == 0 ? "" : ",") + #""\#($1.name)":"# }
            rows.append(
                model.features.map { feature in
                    var row = Row(feature: feature, missingChances: UInt64(feature.missing * 65_536))
                    row.firstValue = values.count
                    switch feature.shape {
                    case .category(let weighted):
                        values += weighted.map { "\"\($0.value)\"" }
                        row.choice = byteTable(weights: weighted.map(\.weight))
                    case .flag(let share):
                        values += ["true", "false"]
                        row.choice = byteTable(weights: [share, 1 - share])
                    case .bell, .skewed: break
                    }
                    return row
                }
            )
        }
        self.rows = rows
        self.firstFeature = firstFeature
        self.names = FragmentTable(names)
        self.values = FragmentTable(values)
    }

    /// Appends the members of the object, without its braces.
    func render(_ prediction: ModelEvent, into buffer: inout LineBuffer) {
        let model = Int(prediction.model)
        let quantile = draws.quantile(prediction.slot)
        for (index, row) in rows[model].enumerated() {
            names.append(firstFeature[model] + index, to: &buffer)
            let position = prediction.slot &* 64 &+ UInt64(2 * index)
            let word = draws.streams.features[position]
            if draws.streams.features[position &+ 1] & 0xFFFF < row.missingChances {
                buffer.append("null")
                continue
            }
            switch row.feature.shape {
            case .category, .flag:
                values.append(row.firstValue + Int(row.choice[Int(word & 0xFF)]), to: &buffer)
            case .bell(let mean, let deviation, let decimals):
                let number = FeatureNumber(word: word, scoreQuantile: quantile, relation: row.feature.relation)
                let time = prediction.timeMilliseconds
                let shift = draws.planted?.shift(model: model, feature: index, timeMilliseconds: time) ?? 0
                render(mean + deviation * (number.bell + shift), decimals: decimals, into: &buffer)
            case .skewed(let from, let through, let power, let decimals):
                let number = FeatureNumber(word: word, scoreQuantile: quantile, relation: row.feature.relation).uniform
                let powered = (1..<power).reduce(number) { result, _ in result * number }
                render(from + (through - from) * powered, decimals: decimals, into: &buffer)
            }
        }
    }

    /// - Parameter value: not negative.
    private func render(_ value: Double, decimals: Int, into buffer: inout LineBuffer) {
        let units = (0..<decimals).reduce(Int64(1)) { result, _ in result * 10 }
        buffer.append(decimalMicros: Int64(value * Double(units) + 0.5) * (1_000_000 / units))
    }
}
