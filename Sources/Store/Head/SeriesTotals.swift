// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The total of each committed series through the last commit, and when it last grew.
///
/// A value: a copy is a reference until either is changed.
struct SeriesTotals {
    /// What a series of each kind has come to: a counter's units, a histogram's exact sum in millionths, and of a gauge
    /// or a sample series the newest value under its time (`Newest`).
    private(set) var numbers: [Int128] = []
    /// When each series last grew: arrival, Unix seconds; 0 when it never did.
    private(set) var arrivals: [UInt32] = []
    private(set) var kinds: [MetricFamily.Kind] = []
    /// What fell back to Float64, in whole units.
    private(set) var inexact: [UInt32: Double] = [:]
    /// Observations by bin, of histograms.
    private(set) var bins: [UInt32: [Int64]] = [:]
    /// Of distinct series.
    private(set) var sketches: [UInt32: HyperLogLog] = [:]
    /// Which series are in `withdrawn`.
    private var isWithdrawn: [Bool] = []
    /// What was taken back of a counter or a histogram and has not grown again since: a page, whose readers take a fall
    /// for a reset, shows so much more than there is.
    private(set) var withdrawn: [UInt32: Withdrawn] = [:]

    /// How far a series is below the highest it has been.
    struct Withdrawn: Equatable {
        var units: Int128 = 0
        var inexact = 0.0
        var bins: [Int64] = []
        /// Of a histogram from which observations were taken back, and stays so: its sum is held as well. (That of another
        /// one may fall: it can have negative observations.)
        var holdsSum = false

        var isEmpty: Bool { units == 0 && inexact == 0 && !holdsSum && bins.allSatisfy { $0 == 0 } }

        /// Takes a change of the units in.
        mutating func change(_ change: Int128) { units = max(0, units - change) }

        mutating func change(_ change: Double) { inexact = max(0, inexact - change) }

        mutating func change(bin: Int, _ change: Int64) {
            if bins.count <= bin { bins += Array(repeating: 0, count: bin + 1 - bins.count) }
            bins[bin] = max(0, bins[bin] &- change)
        }
    }

    /// A value and its time, as one number whose order is that of the times.
    enum Newest {
        static let none = pack(.min, 0)

        @inline(__always)
        static func pack(_ milliseconds: Int64, _ bits: UInt64) -> Int128 {
            Int128(milliseconds) << 64 | Int128(bits)
        }

        @inline(__always)
        static func milliseconds(_ number: Int128) -> Int64 { Int64(truncatingIfNeeded: number >> 64) }

        @inline(__always)
        static func bits(_ number: Int128) -> UInt64 { UInt64(truncatingIfNeeded: number) }
    }

    var count: Int { numbers.count }

    /// What a series has come to as one number: a counter's units, a histogram's observations, a gauge's or a sample
    /// series' newest value, a distinct count's estimate.
    func value(_ id: SeriesID) -> Double {
        let number = numbers[Int(id.number)]
        switch kinds[Int(id.number)] {
        case .counter: return Double(number) + (inexact[id.number] ?? 0)
        case .histogram: return Double((bins[id.number] ?? []).reduce(0, &+))
        case .gauge, .samples: return number == Newest.none ? .nan : Double(bitPattern: Newest.bits(number))
        case .distinct: return sketches[id.number]?.estimate ?? 0
        }
    }

    /// Memory in bytes.
    var bytes: Int {
        numbers.capacity * (MemoryLayout<Int128>.stride + 6) + bins.count * 128 + sketches.count * 4_096
    }

    mutating func grow(_ kinds: some Sequence<MetricFamily.Kind>) {
        for kind in kinds {
            self.kinds.append(kind)
            numbers.append(kind == .gauge || kind == .samples ? Newest.none : 0)
            arrivals.append(0)
            isWithdrawn.append(false)
        }
    }

    /// Whether points of that kind add up, as integers.
    @inline(__always)
    func addsUp(_ point: SeriesPoint) -> Bool {
        switch kinds[Int(point.series.number)] {
        case .counter: point.detail == PointDetail.exact
        case .histogram: point.detail != PointDetail.inexactSum
        case .gauge, .distinct, .samples: false
        }
    }

    mutating func add(_ increments: [Increment], arrival: UInt32) {
        var takesBack = false
        numbers.withUnsafeMutableBufferPointer { numbers in
            arrivals.withUnsafeMutableBufferPointer { arrivals in
                isWithdrawn.withUnsafeBufferPointer { isWithdrawn in
                    for increment in increments {
                        numbers[Int(increment.series.number)] += Int128(increment.units)
                        arrivals[Int(increment.series.number)] = arrival
                        takesBack = takesBack || increment.units < 0 || isWithdrawn[Int(increment.series.number)]
                    }
                }
            }
        }
        guard takesBack else { return }
        for increment in increments where increment.units < 0 || isWithdrawn[Int(increment.series.number)] {
            withdraw(increment.series) { $0.change(Int128(increment.units)) }
        }
    }

    mutating func add(_ point: SeriesPoint, arrival: UInt32) {
        let series = Int(point.series.number)
        arrivals[series] = arrival
        switch kinds[series] {
        case .counter:
            if point.detail == PointDetail.exact {
                let units = Int64(bitPattern: point.payload)
                numbers[series] += Int128(units)
                if units < 0 || isWithdrawn[series] {
                    withdraw(point.series) { $0.change(Int128(units)) }
                }
            } else {
                addInexact(point)
            }
        case .histogram:
            switch point.detail {
            case PointDetail.exactSum:
                let units = Int64(bitPattern: point.payload)
                numbers[series] += Int128(units)
                if withdrawn[point.series.number]?.holdsSum == true {
                    withdraw(point.series) { $0.change(Int128(units)) }
                }
            case PointDetail.inexactSum:
                let value = Double(bitPattern: point.payload)
                inexact[point.series.number, default: 0] += value
                if withdrawn[point.series.number]?.holdsSum == true { withdraw(point.series) { $0.change(value) } }
            default: addToBin(point)
            }
        case .gauge:
            // The slot's number and the time in it order as times do, whatever the resolution.
            let time = Int64(point.slot.number) << 32 | Int64(point.detail)
            if time >= Newest.milliseconds(numbers[series]) { numbers[series] = Newest.pack(time, point.payload) }
        case .distinct:
            sketches[point.series.number, default: HyperLogLog()].insert(point.detail)
        case .samples:
            preconditionFailure("a sample series has no points")
        }
    }

    private mutating func addToBin(_ point: SeriesPoint) {
        let bin = Int(point.detail)
        let missing = bin + 1 - (bins[point.series.number]?.count ?? 0)
        if missing > 0 { bins[point.series.number, default: []] += Array(repeating: 0, count: missing) }
        let observations = Int64(bitPattern: point.payload)
        bins[point.series.number]?[bin] &+= observations
        if observations < 0 || isWithdrawn[Int(point.series.number)] {
            withdraw(point.series) { $0.change(bin: bin, observations) }
        }
    }

    /// Looks ahead at the points of a commit: a histogram from which observations are taken back holds its sum.
    mutating func prepare(_ points: [SeriesPoint]) {
        for point in points where Int64(bitPattern: point.payload) < 0 && point.detail < PointDetail.exactSum {
            guard kinds[Int(point.series.number)] == .histogram else { continue }
            withdraw(point.series) { $0.holdsSum = true }
        }
    }

    private mutating func addInexact(_ point: SeriesPoint) {
        let value = Double(bitPattern: point.payload)
        inexact[point.series.number, default: 0] += value
        if value < 0 || isWithdrawn[Int(point.series.number)] { withdraw(point.series) { $0.change(value) } }
    }

    /// Keeps what a series is below its highest.
    @inline(never)
    private mutating func withdraw(_ series: SeriesID, _ change: (inout Withdrawn) -> Void) {
        change(&withdrawn[series.number, default: Withdrawn()])
        let isOver = withdrawn[series.number]?.isEmpty ?? true
        if isOver { withdrawn[series.number] = nil }
        isWithdrawn[Int(series.number)] = !isOver
    }

    mutating func add(_ sample: SeriesSample, arrival: UInt32) {
        numbers[Int(sample.series.number)] = Newest.pack(sample.milliseconds, sample.bits)
        arrivals[Int(sample.series.number)] = arrival
    }

    /// Adds a sample that may be older than one that was added.
    mutating func addIfNewest(_ sample: SeriesSample) {
        guard sample.milliseconds >= Newest.milliseconds(numbers[Int(sample.series.number)]) else { return }
        add(sample, arrival: 0)
    }

    /// Adds what sealed points come to, as each of them would have been, but for what was withdrawn.
    mutating func add(_ sealed: SealedSums, to id: SeriesID) {
        guard let last = sealed.last else { return }
        let series = Int(id.number)
        for sum in sealed.sums {
            let bits = UInt64(truncatingIfNeeded: sum.number)
            switch kinds[series] {
            case .counter where sum.detail == ChunkSum.falls,
                .histogram where sum.detail == ChunkSum.falls || sum.detail == ChunkSum.fallsOfSum:
                continue
            case .counter where sum.detail == PointDetail.exact, .histogram where sum.detail == PointDetail.exactSum:
                numbers[series] += sum.number
            case .counter,
                .histogram where sum.detail == PointDetail.inexactSum:
                inexact[id.number, default: 0] += Double(bitPattern: bits)
            case .histogram, .gauge, .distinct:
                guard let slot = UInt32(exactly: last) else { continue }
                add(SeriesPoint(series: id, slot: Slot(slot), detail: sum.detail, payload: bits), arrival: 0)
            case .samples: continue
            }
        }
    }

    // MARK: - Records

    mutating func restore(_ id: SeriesID, _ record: TotalRecord) {
        numbers[Int(id.number)] = record.number
        arrivals[Int(id.number)] = record.lastArrival
        if record.inexact != 0 { inexact[id.number] = record.inexact }
        if !record.withdrawn.isEmpty {
            withdrawn[id.number] = record.withdrawn
            isWithdrawn[Int(id.number)] = true
        }
        if !record.bins.isEmpty { bins[id.number] = record.bins }
        if !record.registers.isEmpty {
            var sketch = HyperLogLog()
            for register in record.registers { sketch.insert(register) }
            sketches[id.number] = sketch
        }
    }

    func record(_ id: SeriesID, through commit: UInt64) -> TotalRecord {
        TotalRecord(
            through: commit,
            lastArrival: arrivals[Int(id.number)],
            number: numbers[Int(id.number)],
            inexact: inexact[id.number] ?? 0,
            bins: bins[id.number] ?? [],
            registers: sketches[id.number]?.registers ?? [],
            withdrawn: withdrawn[id.number] ?? Withdrawn()
        )
    }
}
