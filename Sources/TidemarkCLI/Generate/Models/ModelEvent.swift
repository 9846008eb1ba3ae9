// SPDX-License-Identifier: Apache-2.0

/// The event types that models make. The raw value is the place in tables.
enum ModelEventType: Int, CaseIterable {
    case prediction, outcome, training
}

/// All that a line of the stream of models is written from: rendering the same value twice gives the same bytes.
struct ModelEvent {
    /// What the line is.
    enum Kind {
        case prediction
        /// The first outcome of a prediction.
        case outcome
        /// A later outcome of a prediction that had one.
        case amendment
        case training
    }

    var kind: Kind
    var timeMilliseconds: Int64
    /// The slot of the prediction, which everything about it derives from; of a training event its place among those.
    var slot: UInt64
    /// What an outcome says: the class, 0 or 1, or a number in millionths. 0 in the others.
    var truth: Int64 = 0
    var model: UInt8
    var version: UInt8

    var type: ModelEventType {
        switch kind {
        case .prediction: .prediction
        case .outcome, .amendment: .outcome
        case .training: .training
        }
    }
}

/// A line of the stream of models that arrives later than what caused it.
struct DelayedModelLine: Delayable {
    var dueMilliseconds: Int64
    var event: ModelEvent
    /// The line is written again as it was.
    var isRetry = false
    /// Held back on purpose, for the summary.
    var isLate = false
}
