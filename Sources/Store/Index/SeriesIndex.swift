// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TimeSeries

/// All series of a store: by number, by name and labels, and by what their labels are.
///
/// Each label, a name with a value, has one number; a series has the run of its labels' numbers, and each label the
/// list of its series. Numbers of series only grow, so lists are appended to and always in order.
///
/// Thread safe, by one lock that nobody holds for long: texts, runs and lists live in memory that is never moved or
/// written again and is freed with the index, so that readers take under the lock only where they begin and end.
///
/// In memory a series of seven labels takes 250 to 320 bytes, some 120 of them its text.
final class SeriesIndex: Sendable {
    /// The prepared label text of a series, as it stands in the text exposition format.
    struct Text: BitwiseCopyable, @unchecked Sendable {  // Points into a slab that is never written again.
        let start: UnsafePointer<UInt8>
        let count: Int

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
    }

    struct Entry: BitwiseCopyable, @unchecked Sendable {  // As `Text`.
        let start: UnsafePointer<UInt8>
        /// When the series was made, Unix milliseconds.
        let created: Int64
        let length: UInt32
        /// Index of its family.
        let family: Int32

        var text: Text { Text(start: start, count: Int(length)) }
    }

    /// All entries that there were when it was made; keeps the index alive.
    struct Entries: Sendable {
        fileprivate let index: SeriesIndex

        /// The entry of a series.
        @inline(__always)
        subscript(number: Int) -> Entry { index.entries[number] }
    }

    /// One label: a name and a value.
    struct Label: BitwiseCopyable, @unchecked Sendable {  // As `Text`.
        /// Its value, behind `name="` in the text of its first series.
        let start: UnsafePointer<UInt8>
        let length: UInt32
        /// The number of its name.
        let name: UInt32

        var value: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: Int(length)) }
    }

    struct State: ~Copyable {
        var familyNames = NameTable()
        var families: [MetricFamily] = []
        /// The series of each family.
        var members: [IDList] = []
        /// Whether the store knows the family as it is here.
        var isStored: [Bool] = []

        var series = HashPlaces()
        var labels = HashPlaces()
        var names = NameTable()
        /// In bytes.
        var lengthOfName: [Int] = []
        /// The labels of each name.
        var labelsOfName: [IDList] = []
        /// How many series have a label of that name.
        var seriesOfName: [Int] = []

        var slabs = Slabs()
        var unstored: [NewSeries] = []
        /// How many labels are in the store: those before all others.
        var storedLabels = 0
    }

    /// By number of series.
    let entries = StableArray<Entry>()
    /// By number of series: where its run begins in `runs`.
    let runStarts = StableArray<UInt32>()
    /// For each series the number of its labels, then the labels' numbers, ordered by name.
    let runs = StableArray<UInt32>()
    /// By number of label.
    let labels = StableArray<Label>()
    /// By number of label its series; read and written under the lock.
    let seriesOfLabel = StableArray<IDList>()

    let state = Mutex(State())
    /// The series of each family ordered by label text. Guarded apart, so that sorting stops nobody else.
    let order = Mutex<[[UInt32]]>([])

    /// How many series there are, those of a commit under way included.
    var count: Int { state.withLock { _ in entries.count } }

    // MARK: - Families

    /// Makes a family known, or updates its help.
    func add(_ family: MetricFamily) {
        state.withLock { state in _ = state.add(family) }
    }

    /// The family of a metric name.
    func family(named name: String) -> MetricFamily? {
        indexedFamily(named: name)?.family
    }

    /// The family of a metric name, and its number.
    func indexedFamily(named name: String) -> (index: Int, family: MetricFamily)? {
        state.withLock { state in state.familyNames.find(name).map { ($0, state.families[$0]) } }
    }

    /// The families whose name is as asked, by number.
    ///
    /// - Complexity: O(families); the lock is not held meanwhile.
    func families(where isIncluded: (String) -> Bool) -> [(index: Int, family: MetricFamily)] {
        let families = state.withLock { $0.families }
        return families.indices.filter { isIncluded(families[$0].name) }.map { ($0, families[$0]) }
    }

    /// The number of a series' family.
    func family(of id: SeriesID) -> Int { Int(entries[Int(id.number)].family) }

    /// The families that the store does not know as they are, with their numbers; from now on it does.
    func takeUnstoredFamilies() -> [(index: Int, family: MetricFamily)] {
        state.withLock { state in
            var unstored: [(index: Int, family: MetricFamily)] = []
            for index in state.families.indices where !state.isStored[index] {
                unstored.append((index, state.families[index]))
                state.isStored[index] = true
            }
            return unstored
        }
    }

    // MARK: - Series

    func find(family name: String, labels: Labels) -> SeriesID? {
        let text = labels.expositionBytes
        return text.withUnsafeBytes { text in
            let hash = HashPlaces.hash(text)
            return state.withLock { state in
                guard let family = state.familyNames.find(name) else { return nil }
                return state.series.find(SeriesIndex.hash(hash, family: family)) { number in
                    let entry = entries[number]
                    return entry.family == family && entry.length == text.count
                        && (text.isEmpty || memcmp(entry.start, text.baseAddress!, text.count) == 0)
                }.map { SeriesID(UInt32($0)) }
            }
        }
    }

    func count(ofFamily name: String) -> Int {
        state.withLock { state in state.familyNames.find(name).map { Int(state.members[$0].count) } ?? 0 }
    }

    /// Adds a series; it waits in `takeUnstored`.
    ///
    /// - Precondition: `find` has just answered nil for it.
    func add(family: MetricFamily, labels: Labels, created: Timestamp) -> SeriesID {
        let text = LabelText(labels)
        return state.withLock { state in
            precondition(entries.count < Int(UInt32.max >> 1), "series numbers have 31 bits")
            let index = state.add(family)
            let id = UInt32(entries.count)
            let start = state.slabs.store(text.exposition)
            let plain = text.unescaped.map { state.slabs.store($0) } ?? start
            addRun(of: id, text, plain, &state)
            let length = UInt32(text.exposition.count)
            entries.append(Entry(start: start, created: created.milliseconds, length: length, family: Int32(index)))
            state.series.insert(SeriesIndex.hash(text.hash, family: index), Int(id))
            state.members[index].append(id, &state.slabs)
            state.unstored.append(NewSeries(id: SeriesID(id), family: family, labels: labels))
            return SeriesID(id)
        }
    }

    private func addRun(of id: UInt32, _ text: LabelText, _ plain: UnsafePointer<UInt8>, _ state: inout State) {
        let start = runs.appendRun(of: 1 + text.parts.count)
        precondition(start <= Int(UInt32.max), "runs are numbered with 32 bits")
        let run = runs.pointer(to: start)
        run[0] = UInt32(text.parts.count)
        for (place, part) in text.parts.enumerated() {
            let key = UnsafeRawBufferPointer(start: plain + part.start, count: part.count)
            let label = find(key, nameCount: part.nameCount, part.hash, state) ?? add(key, part, &state)
            seriesOfLabel.pointer(to: label).pointee.append(id, &state.slabs)
            state.seriesOfName[Int(labels[label].name)] += 1
            run[1 + place] = UInt32(label)
        }
        runStarts.append(UInt32(start))
    }

    /// The number of a label, by `name="value`. Under the lock.
    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer, nameCount: Int, _ hash: UInt32, _ state: borrowing State) -> Int? {
        state.labels.find(hash) { number in
            let label = labels[number]
            // Its value stands behind its name in the text of its first series.
            return Int(label.length) == key.count - nameCount - 2
                && state.lengthOfName[Int(label.name)] == nameCount
                && memcmp(label.start - nameCount - 2, key.baseAddress!, key.count) == 0
        }
    }

    private func add(_ key: UnsafeRawBufferPointer, _ part: LabelText.Part, _ state: inout State) -> Int {
        let text = key.assumingMemoryBound(to: UInt8.self)
        let name = UnsafeBufferPointer(rebasing: text[..<part.nameCount])
        let number: Int
        if let known = state.names.find(name) {
            number = known
        } else {
            number = state.addName(String(decoding: name, as: UTF8.self))
        }
        let label = labels.count
        let value = text.baseAddress! + part.nameCount + 2
        labels.append(Label(start: value, length: UInt32(part.valueCount), name: UInt32(number)))
        seriesOfLabel.append(IDList())
        state.labels.insert(part.hash, label)
        state.labelsOfName[number].append(UInt32(label), &state.slabs)
        return label
    }

    /// The hash of a series by that of its text.
    static func hash(_ text: UInt32, family: Int) -> UInt32 {
        text ^ UInt32(truncatingIfNeeded: family) &* 0x9E37_79B9
    }

    /// The series made since this was last asked.
    func takeUnstored() -> [NewSeries] {
        state.withLock { state in
            defer { state.unstored = [] }
            return state.unstored
        }
    }

    /// The labels that these series have and the store has not; from now on it has them.
    ///
    /// Numbers of labels grow with those of the series that first have them. So the labels of new series are in the store
    /// without gaps when the series are.
    func takeUnstoredLabels(
        of series: [NewSeries]
    ) -> some Sequence<(number: UInt32, name: String, value: UnsafeBufferPointer<UInt8>)> {
        let greatest = series.lazy.flatMap { self.run(of: $0.id.number) }.max()
        let (numbers, names) = state.withLock { state in
            let first = state.storedLabels
            if let greatest { state.storedLabels = max(first, Int(greatest) + 1) }
            return (first..<state.storedLabels, state.names.names)
        }
        return numbers.lazy.map { number in
            let label = self.labels[number]
            return (UInt32(number), names[Int(label.name)], label.value)
        }
    }

    func created(_ id: SeriesID) -> Timestamp {
        Timestamp(milliseconds: entries[Int(id.number)].created)
    }
}

extension SeriesIndex.State {
    /// The number of a family that is made known by it, or updated.
    mutating func add(_ family: MetricFamily) -> Int {
        if let index = familyNames.find(family.name) {
            // Several writers may describe samples differently: the first description stays.
            let isDescribed = family.kind == .samples && (families[index].type != .unknown || family.type == .unknown)
            if families[index] != family, !isDescribed {
                families[index] = family
                isStored[index] = false
            }
            return index
        }
        families.append(family)
        members.append(IDList())
        isStored.append(false)
        return familyNames.insert(family.name)
    }

    /// Gives a label name that is not there the next number.
    mutating func addName(_ name: String) -> Int {
        lengthOfName.append(name.utf8.count)
        labelsOfName.append(IDList())
        seriesOfName.append(0)
        return names.insert(name)
    }
}

extension SeriesIndex {
    /// All entries, as they are now.
    var allEntries: Entries { Entries(index: self) }
}
