// SPDX-License-Identifier: Apache-2.0

/// What a template may take, so that none takes the process down or holds up an evaluation of rules.
enum TemplateBounds {
    /// Bytes of the text that comes out, and of any text that is made on the way.
    static let mostBytes = 1 << 20
    /// Templates called within templates. Go allows 100,000, on stacks that grow.
    static let mostCalls = 100
    /// Actions and parentheses within each other where a template is written.
    static let mostNesting = 100
    /// Actions and parentheses within each other where it is expanded, over all calls: half a megabyte of stack, or two
    /// where the compiler does not optimize.
    static let mostDepth = 250
    /// Variables that are known at one place.
    static let mostVariables = 1_000
    /// Actions, commands and rounds of loops. What costs more than its call counts as several steps: see ``queryCost``.
    static let mostSteps = 1_000_000
    /// Steps that a query counts for: no more than a thousand are asked.
    static let queryCost = 1_000
    /// Steps that compiling a regular expression counts for, which may take some megabytes and milliseconds.
    static let expressionCost = 5_000
    /// Regular expressions that are kept for the rest of an expansion.
    static let mostExpressions = 8
    /// Bytes made or looked through that count for one step.
    static let bytesOfStep = 16
}
