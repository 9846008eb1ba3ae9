// SPDX-License-Identifier: Apache-2.0

/// Why alerts cannot be delivered at all.
public struct NotifyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, without secrets.
    public let description: String

    init(_ description: String) { self.description = description }
}
