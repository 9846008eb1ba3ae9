// SPDX-License-Identifier: Apache-2.0

/// The training events of the models: one run of ten epochs for each version, before the version serves.
enum TrainingRuns {
    static let epochs = 10
    /// A span with fewer lines has no training events, which would push out what they are about.
    static let leastEvents = 1_000

    static let count = ModelCatalog.models.reduce(0) { $0 + $1.versions.count } * epochs

    /// Which run the event in a place belongs to. Versions first, so that the older of all models come before the newer.
    ///
    /// - Parameter place: 0 ..< `count`, in the order of time.
    static func run(of place: Int) -> (model: Int, version: Int, epoch: Int) {
        let models = ModelCatalog.models.count
        return (place / epochs % models, place / (epochs * models), place % epochs + 1)
    }

    /// Milliseconds from the start of the span: the older versions are trained in its first minutes, the newer ones from an
    /// eighth of it on. An epoch is a four-thousandth of it, 22 s of a day.
    static func offset(of place: Int, span: Int64) -> Int64 {
        let firstOfNewer = ModelCatalog.models.count * epochs
        let begin = place < firstOfNewer ? 0 : span / 8
        return begin + Int64(place % firstOfNewer) * (span / 4_000)
    }

    /// `"loss":0.41,"auc":0.83`: what an epoch reached, in four decimals.
    ///
    /// The loss falls with the epoch, steeply first. The newer version ends lower.
    static func metrics(of place: Int) -> String {
        let run = run(of: place)
        let model = ModelCatalog.models[run.model]
        let progress = 1 - 1 / Double(run.epoch)
        let end = (run.version == 0 ? 0.30 : 0.27) + 0.04 * Double(run.model)
        let loss = 0.69 - (0.69 - end) * progress
        switch model.target {
        case .classes:
            return #""loss":\#(decimals(loss)),"auc":\#(decimals(0.5 + (0.97 - end - 0.2) * progress))"#
        case .number:
            return #""loss":\#(decimals(loss)),"mae":\#(decimals(loss * 40))"#
        }
    }

    private static func decimals(_ value: Double) -> String {
        var buffer = LineBuffer()
        buffer.append(decimalMicros: Int64(value * 10_000 + 0.5) * 100)
        var text = ""
        buffer.drain { text = String(decoding: $0, as: UTF8.self) }
        return text
    }
}
