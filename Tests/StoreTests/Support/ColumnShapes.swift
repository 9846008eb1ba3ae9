// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Columns of many shapes, made from a seed.
enum ColumnShapes {
    /// How many values columns have: the edges of what coders do differently, and any.
    static func size(_ random: inout SeededRandom) -> Int {
        let edges = [1, 2, 3, 4, 5, 15, 16, 17, 255, 256, 257, 480, 1_920, 2_048, 4_095, 4_096, 4_097]
        return random.chance(50) ? edges[random.below(edges.count)] : 1 + random.below(3_000)
    }

    /// Integers of any shape: constant, ramps, walks, rare, periodic, wide, with outliers.
    static func integers(_ count: Int, _ random: inout SeededRandom) -> [Int64] {
        let shape = random.below(10)
        let width = UInt64(random.below(64))
        let scale = random.chance(30) ? Int64(bitPattern: random.anyMagnitude()) : 1
        let start = Int64(bitPattern: random.anyMagnitude())
        var value = start
        var step: Int64 = 0
        let period = (0..<(1 + random.below(40))).map { _ in Int64(bitPattern: random.anyMagnitude()) }
        var values = (0..<count).map { index -> Int64 in
            let noise = Int64(bitPattern: random.next() >> width)
            switch shape {
            case 0: return start
            case 1: value &+= scale
            case 2: value &+= noise
            case 3: return noise &* scale
            case 4: return random.chance(2) ? noise : start
            case 5: return period[index % period.count]
            case 6:
                step &+= Int64(random.below(5)) - 2
                value &+= step
            case 7: return Int64(index) &* scale &+ Int64(random.below(7))
            case 8: value &+= random.chance(50) ? 0 : scale
            default: return [.min, .max, 0, -1, 1][random.below(5)]
            }
            return value
        }
        if random.chance(20) {
            for _ in 0..<3 { values[random.below(count)] = [.min, .max, 0, -1][random.below(4)] }
        }
        return values
    }

    /// What no decimal is.
    static let specials: [UInt64] = [
        0x7FF0_0000_0000_0002, 0x7FF8_0000_0000_0001, 0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0001,
        0x7FF4_0000_0000_1234, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 1 << 63, 1, 0x000F_FFFF_FFFF_FFFF,
        0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF,
    ]

    /// The bits of values of any shape: decimals, sums of decimals, walks, integers, any bits; with specials.
    static func floats(_ count: Int, _ random: inout SeededRandom) -> [UInt64] {
        let shape = random.below(9)
        let exponent = random.below(17)
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        let width = UInt64(random.below(64))
        var sum = 0.0
        var total: Int64 = 0
        var bits = (0..<count).map { _ -> UInt64 in
            let integer = Int64(bitPattern: random.next() >> width) >> 1
            total &+= integer
            switch shape {
            case 0: return (Double(integer) / power).bitPattern
            case 1: return (Double(total) / power).bitPattern
            case 2: sum += Double(integer % 1_000_000) / power
            case 3: sum += Double.random(in: -1...1, using: &random)
            case 4: return Double.random(in: -1...1, using: &random).bitPattern
            case 5: return random.next()
            case 6: return (1.5).bitPattern
            case 7: return Double(Float.random(in: 0...100, using: &random)).bitPattern
            default: return random.chance(50) ? 0 : random.next()
            }
            return sum.bitPattern
        }
        if random.chance(50) {
            let share = [0.2, 5, 30, 60][random.below(4)]
            let kinds = 1 + random.below(specials.count)
            for index in 0..<count where random.chance(share) { bits[index] = specials[random.below(kinds)] }
        }
        return bits
    }

    /// The number of events of a Poisson process (Knuth: multiply until below e^-mean).
    static func poisson(_ limit: Double, _ random: inout SeededRandom) -> Int64 {
        var count: Int64 = 0
        var product = Double.random(in: 0..<1, using: &random)
        while product > limit {
            count += 1
            product *= Double.random(in: 0..<1, using: &random)
        }
        return count
    }

    /// Bytes with a right checksum behind them.
    static func sealed(_ body: [UInt8], checksum: UInt32) -> [UInt8] {
        body + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }
}
