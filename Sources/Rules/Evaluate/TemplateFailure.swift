// SPDX-License-Identifier: Apache-2.0

/// A template of an alerting rule that could not be expanded.
struct TemplateFailure: Hashable {
    /// Which label or annotation it is.
    let place: String
    /// Why.
    let error: TemplateError
}

/// The failures of a rule's templates that were told to the operator: each once, and not without bound, for what is wrong
/// may name a value.
struct TemplateFailures {
    /// The most of one rule that are told.
    static let most = 8

    private var known: Set<TemplateFailure> = []
    private var untold: [String] = []

    /// A template has failed.
    mutating func insert(_ failure: TemplateFailure) {
        guard known.count < TemplateFailures.most, known.insert(failure).inserted else { return }
        untold.append("the \(failure.place) cannot be expanded: \(failure.error)")
    }

    /// Takes what has not been told yet.
    mutating func take() -> [String] {
        defer { untold = [] }
        return untold
    }
}
