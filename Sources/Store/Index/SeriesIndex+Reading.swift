// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// What readers take under the lock, little at a time.
extension SeriesIndex {
    /// A label name, as it was when it was asked for.
    struct Name {
        let number: Int
        /// Its labels.
        let labels: IDList
        /// How many series have one of them.
        let series: Int
    }

    /// How many series and labels there are. The labels of those series are among those labels.
    func bounds() -> (series: Int, labels: Int) {
        state.withLock { _ in (entries.count, labels.count) }
    }

    /// The name, if a series has a label of it.
    func name(_ name: String) -> Name? {
        state.withLock { state in
            state.names.find(name).map {
                Name(number: $0, labels: state.labelsOfName[$0], series: state.seriesOfName[$0])
            }
        }
    }

    /// The series of some families.
    func series(ofFamilies families: [Int]) -> [IDList] {
        state.withLock { state in families.map { state.members[$0] } }
    }

    /// The series of some labels of a name; values that no series has are left out.
    func series(_ name: String, ofValues values: [String]) -> [IDList] {
        let keys = values.map { LabelText.key(name, $0) }
        let hashes = keys.map { key in key.withUnsafeBytes { HashPlaces.hash($0) } }
        return SeriesIndex.inPieces(of: keys.indices) { piece in
            state.withLock { state in
                piece.compactMap { place in
                    keys[place].withUnsafeBytes { key in
                        find(key, nameCount: name.utf8.count, hashes[place], state).map { seriesOfLabel[$0] }
                    }
                }
            }
        }
    }

    /// The series of some labels.
    func series(ofLabels labels: [UInt32]) -> [IDList] {
        SeriesIndex.inPieces(of: labels.indices) { piece in
            state.withLock { _ in piece.map { seriesOfLabel[Int(labels[$0])] } }
        }
    }

    /// So that the lock is held for some tens of microseconds at a time.
    private static func inPieces(of places: Range<Int>, _ take: (Range<Int>) -> [IDList]) -> [IDList] {
        var taken: [IDList] = []
        taken.reserveCapacity(places.count)
        for start in stride(from: places.lowerBound, to: places.upperBound, by: 256) {
            taken += take(start..<min(start + 256, places.upperBound))
        }
        return taken
    }

    /// The numbers of a series' labels, ordered by name.
    @inline(__always)
    func run(of id: UInt32) -> UnsafeBufferPointer<UInt32> {
        let run = runs.pointer(to: Int(runStarts[Int(id)]))
        return UnsafeBufferPointer(start: run + 1, count: Int(run[0]))
    }

    /// The labels of a series, without the metric name.
    ///
    /// - Complexity: O(labels); the lock is held to take a reference.
    func labels(of id: SeriesID) -> Labels {
        let names = state.withLock { $0.names.names }
        return Labels(
            ordered: run(of: id.number).lazy.map { number in
                let label = self.labels[Int(number)]
                return (names[Int(label.name)], String(decoding: label.value, as: UTF8.self))
            }
        )
    }
}
