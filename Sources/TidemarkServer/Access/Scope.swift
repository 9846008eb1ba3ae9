// SPDX-License-Identifier: Apache-2.0

/// What a client may be allowed to do. None includes another.
public enum Scope: String, CaseIterable, Sendable {
    /// Send events and samples.
    case ingest
    /// Read metrics, series, rules and alerts.
    case read
    /// Change how the server works or what is stored beside events: reload, baselines, backups.
    case admin
}

/// Who sent a request, and what that client may do.
struct Principal: Equatable, Sendable {
    /// Of the user or of the token; nil for anybody, where nobody has to say who it is.
    var name: String?
    var scopes: Set<Scope>

    /// Where nothing asks for credentials.
    static let anyone = Principal(name: nil, scopes: Set(Scope.allCases))
}
