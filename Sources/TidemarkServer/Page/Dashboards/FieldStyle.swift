// SPDX-License-Identifier: Apache-2.0

/// How a field is shown. What is nil is not said.
struct FieldStyle: Decodable, Sendable {
    var unit: String?
    var decimals: Int?
    var min: Double?
    var max: Double?
    /// What stands there when there is nothing.
    var noValue: String?
    var color: Color?
    var thresholds: Thresholds?
    var mappings: [Mapping]?
    var links: [Link]?
    var custom: Custom?

    struct Color: Decodable, Sendable {
        let mode: String
        var fixedColor: String?
    }

    struct Thresholds: Decodable, Sendable {
        let steps: [Step]

        struct Step: Decodable, Sendable {
            let value: Double?
            let color: String
        }
    }

    /// Words and colours for texts and numbers.
    struct Mapping: Decodable, Sendable {
        let options: [String: Words]

        struct Words: Decodable, Sendable {
            let text: String
            let color: String
        }
    }

    struct Link: Decodable, Sendable {
        let title: String
        let url: String
    }

    struct Custom: Decodable, Sendable {
        var lineStyle: LineStyle?
        var cellOptions: CellOptions?
    }

    struct LineStyle: Decodable, Sendable {
        let fill: String
        let dash: [Double]?
    }

    struct CellOptions: Decodable, Sendable { let type: String }

    /// Puts what another one says over this.
    mutating func apply(_ other: FieldStyle) {
        unit = other.unit ?? unit
        decimals = other.decimals ?? decimals
        min = other.min ?? min
        max = other.max ?? max
        noValue = other.noValue ?? noValue
        color = other.color ?? color
        thresholds = other.thresholds ?? thresholds
        mappings = other.mappings ?? mappings
        links = other.links ?? links
        guard let theirs = other.custom else { return }
        custom = Custom(
            lineStyle: theirs.lineStyle ?? custom?.lineStyle,
            cellOptions: theirs.cellOptions ?? custom?.cellOptions
        )
    }

    // MARK: - What it comes to

    /// The number with its unit.
    func text(_ value: Double) -> String { ValueText(unit: unit ?? "short", decimals: decimals).text(value) }

    /// The words for a text or a number, when it has any.
    func words(for text: String) -> Mapping.Words? {
        mappings?.lazy.compactMap { $0.options[text] }.first
    }

    /// The words for a number.
    func words(for value: Double) -> Mapping.Words? {
        value == value.rounded() && abs(value) < 1e9 ? words(for: String(Int(value))) : nil
    }

    /// The colour by the thresholds, or the fixed one.
    func color(of value: Double) -> String? {
        if color?.mode == "fixed" { return color?.fixedColor }
        guard color?.mode == "thresholds", let steps = thresholds?.steps else { return nil }
        return steps.last { $0.value.map { value >= $0 } ?? true }?.color
    }

    /// Of a table: whether a bar stands behind the number.
    var isBar: Bool { custom?.cellOptions?.type == "gauge" }
}

/// One property of an override: its name, and a value whose form hangs on the name.
struct FieldProperty: Decodable, Sendable {
    let style: FieldStyle

    private enum CodingKeys: String, CodingKey { case id, value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = try container.decode(String.self, forKey: .id)
        var style = FieldStyle()
        func value<Value: Decodable>() throws -> Value { try container.decode(Value.self, forKey: .value) }
        switch id {
        case "unit": style.unit = try value()
        case "decimals": style.decimals = try value()
        case "min": style.min = try value()
        case "max": style.max = try value()
        case "noValue": style.noValue = try value()
        case "color": style.color = try value()
        case "thresholds": style.thresholds = try value()
        case "mappings": style.mappings = try value()
        case "links": style.links = try value()
        case "custom.lineStyle": style.custom = .init(lineStyle: try value())
        // All lines are as wide here, and none is filled below.
        case "custom.fillOpacity", "custom.lineWidth": break
        case "custom.cellOptions": style.custom = .init(cellOptions: try value())
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .id,
                in: container,
                debugDescription: "unknown property \(id)"
            )
        }
        self.style = style
    }
}
