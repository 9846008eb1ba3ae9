// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import PromQL
import Tidemark

/// Where the API looks at rules: the seam where the tests put their own.
protocol RuleStatusSource: Sendable {
    /// How all groups are.
    var groups: [GroupStatus] { get }
}

extension RuleEngine: RuleStatusSource {}

/// `/api/v1/rules` and `/api/v1/alerts`.
///
/// Source: Prometheus, `web/api/v1/api.go`, `rules` and `alerts`.
struct RulesEndpoint: Sendable {
    let rules: (any RuleStatusSource)?
    /// The addresses of the Alertmanagers that are told.
    let addresses: @Sendable () -> [String]

    /// - Parameter rules: nil when no rules are evaluated.
    init(rules: (any RuleStatusSource)?, addresses: @escaping @Sendable () -> [String] = { [] }) {
        self.rules = rules
        self.addresses = addresses
    }

    /// All rule groups, or those that the parameters leave: `type`, `rule_name[]`, `rule_group[]`, `file[]`, `match[]`,
    /// `exclude_alerts`, `group_limit`, `group_next_token`.
    func rules(_ request: Request) throws -> AnswerBody {
        let parameters = try RequestParameters(fields: request.uri.query.map { try formFields($0.utf8) } ?? [])
        let filter = try RuleFilter(parameters)
        var groups = (rules?.groups ?? []).sorted { ($0.group.file, $0.group.name) < ($1.group.file, $1.group.name) }
        groups = groups.compactMap(filter.part)
        let page = try RulePage(parameters)
        let shown = try page.part(of: groups)
        return AnswerBody.success { json in
            json.append(#"{"groups":["#)
            for (index, group) in shown.groups.enumerated() {
                if index > 0 { json.append(",") }
                json.append(group, withAlerts: !filter.excludesAlerts)
            }
            json.append("]")
            if let token = shown.next {
                json.append(#","groupNextToken":"#)
                json.append(string: token)
            }
            json.append("}")
            return false
        }
    }

    /// The alerts that are pending or fire.
    func alerts() -> AnswerBody {
        let alerts = (rules?.groups ?? []).flatMap(\.rules).flatMap(\.alerts)
        return AnswerBody.success { json in
            json.append(#"{"alerts":"#)
            json.append(alerts)
            json.append("}")
            return false
        }
    }
}

extension RulesEndpoint {
    /// `/api/v1/alertmanagers`: who is told of alerts.
    func alertmanagers() -> AnswerBody {
        AnswerBody.success { json in
            json.append(#"{"activeAlertmanagers":["#)
            for (index, address) in addresses().enumerated() {
                if index > 0 { json.append(",") }
                json.append(#"{"url":"#)
                json.append(string: address)
                json.append("}")
            }
            json.append(#"],"droppedAlertmanagers":[]}"#)
            return false
        }
    }
}

/// Which rules are asked for.
private struct RuleFilter {
    private let kind: Rule.Kind?
    private let names: Set<String>
    private let groups: Set<String>
    private let files: Set<String>
    private let selectors: [[LabelMatcher]]
    let excludesAlerts: Bool

    init(_ parameters: RequestParameters) throws {
        switch parameters["type"]?.lowercased() {
        case nil: kind = nil
        case "alert": kind = .alerting
        case "record": kind = .recording
        case let other?: throw APIError.invalidParameter("type", "not supported value \"\(other.prefix(100))\"")
        }
        names = Set(parameters.all("rule_name[]"))
        groups = Set(parameters.all("rule_group[]"))
        files = Set(parameters.all("file[]"))
        do {
            selectors = try parameters.selectors()
        } catch let error as QueryError {
            throw APIError(error)
        }
        switch parameters["exclude_alerts"]?.lowercased() {
        case nil, "false", "f", "0": excludesAlerts = false
        case "true", "t", "1": excludesAlerts = true
        case let other?: throw APIError.invalidParameter("exclude_alerts", "\"\(other.prefix(100))\" is not a boolean")
        }
    }

    /// The group with the rules that are asked for; nil when none of them is in it, unless all groups are asked for.
    func part(_ group: GroupStatus) -> GroupStatus? {
        guard groups.isEmpty || groups.contains(group.group.name) else { return nil }
        guard files.isEmpty || files.contains(group.group.file) else { return nil }
        var part = group
        part.rules = group.rules.filter(includes)
        let isNarrowed = kind != nil || !names.isEmpty || !selectors.isEmpty
        return part.rules.isEmpty && isNarrowed ? nil : part
    }

    private func includes(_ status: RuleStatus) -> Bool {
        guard kind == nil || status.rule.kind == kind else { return false }
        guard names.isEmpty || names.contains(status.rule.name) else { return false }
        if selectors.isEmpty { return true }
        return selectors.contains { matchers in
            matchers.allSatisfy { matcher in
                matcher.matches(status.rule.labels.first { $0.name == matcher.name }?.text ?? "")
            }
        }
    }
}

/// Which of the groups are shown: `group_limit` at a time.
private struct RulePage {
    private let limit: Int?
    private let token: String?

    init(_ parameters: RequestParameters) throws(APIError) {
        token = parameters["group_next_token"]
        if let text = parameters["group_limit"] {
            guard let number = Int(text), number > 0 else {
                throw .invalidParameter("group_limit", "it needs to be a positive number")
            }
            limit = number
        } else {
            limit = nil
            guard token == nil else {
                throw .invalidParameter("group_limit", "it needs to be given to go through the groups")
            }
        }
    }

    func part(of groups: [GroupStatus]) throws(APIError) -> (groups: [GroupStatus], next: String?) {
        guard let limit else { return (groups, nil) }
        var first = 0
        if let token {
            guard let found = groups.firstIndex(where: { RulePage.token($0) == token }) else {
                throw .invalidParameter("group_next_token", "there is no such group; rules may have been reloaded")
            }
            first = found
        }
        let end = min(groups.count, first + limit)
        return (Array(groups[first..<end]), end < groups.count ? RulePage.token(groups[end]) : nil)
    }

    /// Names a group: its file and name in hexadecimal, so that clients leave it as it is.
    private static func token(_ group: GroupStatus) -> String {
        (group.group.file + ";" + group.group.name).utf8.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
