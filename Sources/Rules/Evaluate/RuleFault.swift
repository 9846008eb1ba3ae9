// SPDX-License-Identifier: Apache-2.0

/// Why an evaluation of a rule gave nothing. The rule is tried again at the next one.
struct RuleFault: Error, CustomStringConvertible {
    /// What is wrong, as the rules API shows it.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
