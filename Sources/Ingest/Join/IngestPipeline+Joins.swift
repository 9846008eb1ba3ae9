// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The events that joins make out of accepted ones.
extension IngestPipeline {
    /// Gives one side of a pair to its join, and adds up what that makes or takes back.
    func join(
        _ entry: EventBatch.Entry,
        of batch: EventBatch,
        row: Int,
        _ commit: inout Commit,
        _ number: UInt32
    ) throws {
        let working = working
        let storage = batch.storage
        let layout = working.pointee.layouts.base[Int(entry.route)]
        let values = Int(entry.valueOffset)
        let place = values &+ Int(layout.joinKey)
        guard storage.pointee.valueKinds.base[place] != EventBatch.ValueKind.absent else { return }
        let key = UInt64(bitPattern: storage.pointee.values.base[place])
        let cell = row &+ Int(layout.targets)
        var texts = working.pointee.resolver.cells.base[cell]
        if texts == .unresolved {
            let positions = schema.routes[Int(entry.route)].side?.texts ?? []
            working.pointee.resolver.keep(joins.texts(positions, of: batch.key(of: entry)), in: cell)
            texts = working.pointee.resolver.cells.base[cell]
        }
        func value(_ place: Int32) -> Double {
            guard place >= 0, storage.pointee.valueKinds.base[values &+ Int(place)] != EventBatch.ValueKind.absent
            else { return .nan }
            return Double(bitPattern: UInt64(bitPattern: storage.pointee.values.base[values &+ Int(place)]))
        }
        let side = PendingSide(
            time: entry.time,
            texts: texts.bits,
            numbers: (value(layout.numbers.0), value(layout.numbers.1))
        )
        let join = Int(layout.join)
        try joins.take(join, isFirst: layout.isFirst, key: key == 0 ? 1 : key, side, arrival: commit.arrival) {
            add($0, ofJoin: join, &commit, number)
        }
    }

    /// Adds a pair or a result to its series, or takes it back.
    private func add(_ emission: JoinEmission, ofJoin join: Int, _ commit: inout Commit, _ number: UInt32) {
        let routes = joinPlan.joins[join]
        let route = emission.result == nil ? routes.pair : routes.result
        let plan = joinPlan.routes[route]
        guard plan.count > 0 else { return }
        let row = row(emission, route: route, firstTexts: routes.firstTexts)
        guard row >= 0 else { return }
        let slot = resolution.slot(of: Timestamp(milliseconds: emission.time))
        for index in 0..<Int(plan.count) {
            var cell = working.pointee.resolver.cells.base[row &+ index]
            if cell == .excluded { continue }
            let target = joinPlan.targets[Int(plan.first) &+ index]
            var value = 1.0
            if target.first >= 0 {
                value = joinPlan.value(target, emission)
                if value.isNaN { continue }
            }
            if cell == .unresolved { cell = resolve(row &+ index, index, route, emission, routes.firstTexts) }
            let point = SeriesPoint(series: cell.series, slot: slot, detail: 0, payload: 0)
            if target.form == .observation {
                observe(value, target, emission.weight, point, &commit, number)
            } else {
                sum(value, emission.weight, point, isCount: target.first < 0, &commit, number)
            }
        }
    }

    /// Adds to a counter: whole millionths as integers, which taking back leaves no trace of, others as Float64.
    @inline(__always)
    private func sum(
        _ value: Double,
        _ weight: Int64,
        _ point: SeriesPoint,
        isCount: Bool,
        _ commit: inout Commit,
        _ number: UInt32
    ) {
        if let units = isCount ? 1 : IngestPipeline.millionths(value) {
            let increment = Increment(series: point.series, slot: point.slot, units: units &* weight)
            working.pointee.recent.add(increment, to: &commit, number: number)
        } else {
            var inexact = point
            inexact.detail = PointDetail.inexact
            inexact.payload = (value * Double(weight)).bitPattern
            working.pointee.points.addValue(inexact, to: &commit, number: number)
        }
    }

    private func observe(
        _ value: Double,
        _ target: JoinPlan.Target,
        _ weight: Int64,
        _ point: SeriesPoint,
        _ commit: inout Commit,
        _ number: UInt32
    ) {
        var bin = point
        bin.detail = UInt32(joinPlan.bucket(of: value, target))
        bin.payload = UInt64(bitPattern: weight)
        if weight < 0 {
            // By itself, for the store to see that something is taken back, whatever is added to the bin beside it.
            commit.points.append(bin)
        } else {
            working.pointee.points.addUnits(bin, to: &commit, number: number)
        }
        var sum = point
        let units = IngestPipeline.millionths(value)
        sum.payload = units.map { UInt64(bitPattern: $0 &* weight) } ?? (value * Double(weight)).bitPattern
        addSum(sum, isExact: units != nil, &commit, number)
    }

    /// A value as whole millionths, when it is the Float64 nearest to such a number; nil otherwise, and beyond a million.
    @inline(__always)
    private static func millionths(_ value: Double) -> Int64? {
        let units = (value * 1_000_000).rounded()
        guard units.magnitude < 1e12, units / 1_000_000 == value else { return nil }
        return Int64(units)
    }

    // MARK: - Rows

    private func row(_ emission: JoinEmission, route: Int, firstTexts: Int) -> Int {
        let result = emission.result.map { UInt32($0.rawValue) + 1 } ?? 0
        if let known = working.pointee.joined.find(Int32(route), result, emission) { return known }
        let row = withKey(of: emission, firstTexts) { key in
            working.pointee.resolver.row(route: UInt32(route), key: key, hash: IngestPipeline.hash(key))
        }
        working.pointee.joined.remember(Int32(route), result, emission, row: row)
        return row
    }

    private func resolve(
        _ cell: Int,
        _ target: Int,
        _ route: Int,
        _ emission: JoinEmission,
        _ firstTexts: Int
    ) -> SeriesResolver.Cell {
        withKey(of: emission, firstTexts) {
            working.pointee.resolver.resolve(cell, target: target, route: UInt32(route), key: $0)
        }
    }

    private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        guard let start = key.baseAddress else { return 0 }
        return FoldedHash.hash(start, count: key.count, key: HashKey(first: 0x6A09_E667, second: 0xBB67_AE85))
    }

    /// The key of what a join makes: the texts of the first, of the second, and of a result what it is.
    private func withKey<Result>(
        of emission: JoinEmission,
        _ firstTexts: Int,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        let key = working
        key.pointee.joinedKey.removeAll()
        if emission.firstTexts == 0 {
            let empty = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
            for _ in 0..<firstTexts { KeyParts.append(empty, to: &key.pointee.joinedKey) }
        }
        for texts in [emission.firstTexts, emission.secondTexts] {
            let bytes = joins.bytes(texts)
            if let start = bytes.baseAddress { key.pointee.joinedKey.append(from: start, count: bytes.count) }
        }
        if let result = emission.result {
            var name = result.name
            name.withUTF8 { KeyParts.append($0, to: &key.pointee.joinedKey) }
        }
        return body(UnsafeBufferPointer(key.pointee.joinedKey.elements))
    }
}
