// SPDX-License-Identifier: Apache-2.0

/// Rows of what joins make that were found a moment ago. Forgetful by design.
struct JoinedRows: ~Copyable {
    private struct Place: BitwiseCopyable {
        var route: Int32
        var result: UInt32
        var firstTexts: UInt32
        var secondTexts: UInt32
        var row: Int32
    }

    private static let size = 4_096
    private let places: UnsafeMutablePointer<Place>

    init() {
        places = .allocate(capacity: JoinedRows.size)
        removeAll()
    }

    deinit {
        places.deallocate()
    }

    func removeAll() {
        places.initialize(
            repeating: Place(route: -1, result: 0, firstTexts: 0, secondTexts: 0, row: -1),
            count: JoinedRows.size
        )
    }

    @inline(__always)
    private func place(_ route: Int32, _ result: UInt32, _ emission: JoinEmission) -> UnsafeMutablePointer<Place> {
        let hash =
            (emission.firstTexts &* 0x9E37_79B1) ^ (emission.secondTexts &* 0x85EB_CA77)
            ^ ((UInt32(bitPattern: route) &+ result &* 31) &* 0xC2B2_AE3D)
        return places + Int(truncatingIfNeeded: (hash ^ hash >> 15) & UInt32(JoinedRows.size - 1))
    }

    /// The row, or nil when it is not remembered.
    @inline(__always)
    func find(_ route: Int32, _ result: UInt32, _ emission: JoinEmission) -> Int? {
        let place = place(route, result, emission).pointee
        guard place.route == route, place.result == result, place.firstTexts == emission.firstTexts,
            place.secondTexts == emission.secondTexts
        else { return nil }
        return Int(place.row)
    }

    func remember(_ route: Int32, _ result: UInt32, _ emission: JoinEmission, row: Int) {
        place(route, result, emission).pointee = Place(
            route: route,
            result: result,
            firstTexts: emission.firstTexts,
            secondTexts: emission.secondTexts,
            row: Int32(row)
        )
    }
}
