// SPDX-License-Identifier: Apache-2.0

/// The random streams of the stream of models: one for each decision, as in `RandomStreams`, with other keys.
///
/// A new stream goes to the end of the list; the keys before it stay.
struct ModelStreams {
    /// Where inside its slot a line arrives.
    let arrival: RandomStream
    /// Identity of a prediction, and what its outcome names it by. A bijection of the slot, hence unique.
    let prediction: RandomStream
    /// Identity of an outcome, at the slot of its prediction.
    let outcome: RandomStream
    /// Identity of a second outcome, at the slot of its prediction.
    let amendment: RandomStream
    /// Identity of a training event.
    let training: RandomStream
    let model: RandomStream
    let version: RandomStream
    /// Quantile of the score, or of the predicted number.
    let score: RandomStream
    let latency: RandomStream
    /// What turns out.
    let truth: RandomStream
    let labelDelay: RandomStream
    /// Whether an outcome comes, is amended, or is there before its prediction; see `LabelFate`.
    let fate: RandomStream
    let amendmentDelay: RandomStream
    let delivery: RandomStream
    let lateness: RandomStream
    let successorLateness: RandomStream
    let retryDelay: RandomStream
    /// Which labels the incident draws without the score.
    let incident: RandomStream
    /// Two words for each feature: position `slot` * 64 + 2 * feature, and the next.
    let features: RandomStream

    init(seed: UInt64, startMilliseconds: Int64) {
        /// Apart from the keys of campaigns, so that both streams of one seed share nothing.
        let salt: UInt64 = 0x6D6F_6465_6C73
        let startWord = splitMix(UInt64(bitPattern: startMilliseconds))
        var keys = SplitMix64(seed: splitMix(seed ^ salt) ^ splitMix(startWord &+ salt))
        func stream() -> RandomStream { RandomStream(key: keys.next()) }
        arrival = stream()
        prediction = stream()
        outcome = stream()
        amendment = stream()
        training = stream()
        model = stream()
        version = stream()
        score = stream()
        latency = stream()
        truth = stream()
        labelDelay = stream()
        fate = stream()
        amendmentDelay = stream()
        delivery = stream()
        lateness = stream()
        successorLateness = stream()
        retryDelay = stream()
        incident = stream()
        features = stream()
    }
}
