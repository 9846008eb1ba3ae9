// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A dashboard as Grafana's JSON has it, as far as the built-in page draws it. The schema beside the files,
/// `grafana/dashboard.schema.json`, says what there can be.
struct Dashboard: Decodable, Sendable {
    let uid: String
    let title: String
    let description: String
    let panels: [DashboardPanel]
    let templating: List<Variable>
    let annotations: List<Annotation>
    let links: [Link]
    let time: TimeRange

    struct List<Element: Decodable & Sendable>: Decodable, Sendable { let list: [Element] }

    /// What can be chosen.
    struct Variable: Decodable, Sendable {
        let type: String
        let name: String
        let label: String
        let description: String
        let query: String
    }

    /// Alerts that are marked in charts.
    struct Annotation: Decodable, Sendable {
        let expr: String
    }

    /// A way to another dashboard or to a runbook.
    struct Link: Decodable, Sendable {
        let title: String
        let url: String
    }

    /// As Grafana writes it: `now-7d`, `now`.
    struct TimeRange: Decodable, Sendable {
        let from: String
        let to: String
    }

    /// The variables whose values are asked of the store, without the one of the data source.
    var choices: [Variable] { templating.list.filter { $0.type == "query" } }

    /// The dashboards that come with Tidemark, compiled in from `grafana/dashboards/`, in the order of the page's menu.
    ///
    /// - Throws: never for a released Tidemark; a test reads them.
    static var shipped: [Dashboard] {
        get throws {
            let files = [
                PackageResources.campaigns_json, PackageResources.models_json, PackageResources.quality_json,
                PackageResources.self_json,
            ]
            return try files.map { try JSONDecoder().decode(Dashboard.self, from: Data($0)) }
        }
    }
}

/// A panel, or a row with the panels of it that are closed.
struct DashboardPanel: Decodable, Sendable {
    let id: Int
    let type: String
    let title: String
    let description: String?
    let gridPos: Place
    let targets: [Target]?
    let fieldConfig: FieldConfig?
    let options: Options?
    let transformations: [Transformation]?
    let collapsed: Bool?
    let panels: [DashboardPanel]?

    /// On a grid of 24 columns.
    struct Place: Decodable, Sendable { let w: Int }

    /// One expression.
    struct Target: Decodable, Sendable {
        let refId: String
        let expr: String
        let legendFormat: String
        let instant: Bool
        let interval: String?
    }

    /// How fields are shown: all of them, and some.
    struct FieldConfig: Decodable, Sendable {
        let defaults: FieldStyle
        let overrides: [Override]
    }

    struct Override: Decodable, Sendable {
        let matcher: Matcher
        let properties: [FieldProperty]

        /// Which fields it is about: one by its name, or those that a regular expression between slashes fits.
        struct Matcher: Decodable, Sendable {
            private let name: String
            private let pattern: NSRegularExpression?

            private enum CodingKeys: String, CodingKey { case id, options }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                name = try container.decode(String.self, forKey: .options)
                let isPattern = try container.decode(String.self, forKey: .id) == "byRegexp"
                let text = name.hasPrefix("/") && name.hasSuffix("/") ? String(name.dropFirst().dropLast()) : name
                pattern = isPattern ? try NSRegularExpression(pattern: text) : nil
            }

            func matches(_ field: String) -> Bool {
                guard let pattern else { return name == field }
                return pattern.firstMatch(in: field, range: NSRange(field.startIndex..., in: field)) != nil
            }
        }
    }

    struct Options: Decodable, Sendable {
        let sortBy: [Sort]?

        struct Sort: Decodable, Sendable {
            let displayName: String
            let desc: Bool
        }
    }

    /// `organize` has the names, the order and what is left out; `merge` has nothing.
    struct Transformation: Decodable, Sendable {
        let id: String
        let options: Organization

        struct Organization: Decodable, Sendable {
            let excludeByName: [String: Bool]?
            let indexByName: [String: Int]?
            let renameByName: [String: String]?
        }
    }

    /// How a field is shown: what all have, and over it what is said for its name, in order.
    func style(of field: String) -> FieldStyle {
        guard let fieldConfig else { return FieldStyle() }
        var style = fieldConfig.defaults
        for override in fieldConfig.overrides where override.matcher.matches(field) {
            for property in override.properties { style.apply(property.style) }
        }
        return style
    }
}
