// SPDX-License-Identifier: Apache-2.0

/// When Prometheus evaluates a rule group: at a phase of the interval that comes from the names of file and group.
enum PrometheusPhase {
    /// Seconds after the multiples of `interval`, also in seconds.
    static func of(group: String, file: String, interval: Int) -> Double {
        let text = Array("file".utf8) + [0xFF] + Array(file.utf8) + [0xFF] + Array("name".utf8) + [0xFF]
        let hash = xxHash64(text + Array(group.utf8) + [0xFF])
        return Double(hash % (UInt64(interval) * 1_000_000_000)) / 1e9
    }

    /// XXH64 with seed 0.
    static func xxHash64(_ bytes: [UInt8]) -> UInt64 {
        var position = 0
        func word(_ count: Int) -> UInt64 {
            defer { position += count }
            return bytes[position..<(position + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        var hash = primes[4]
        if bytes.count >= 32 {
            var lanes = [primes[0] &+ primes[1], primes[1], 0, 0 &- primes[0]]
            while position + 32 <= bytes.count {
                for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(8)) }
            }
            hash = zip(lanes, [1, 7, 12, 18]).reduce(0) { $0 &+ rotated($1.0, $1.1) }
            for lane in lanes { hash = (hash ^ round(0, lane)) &* primes[0] &+ primes[3] }
        }
        hash &+= UInt64(bytes.count)
        while position + 8 <= bytes.count { hash = rotated(hash ^ round(0, word(8)), 27) &* primes[0] &+ primes[3] }
        if position + 4 <= bytes.count { hash = rotated(hash ^ word(4) &* primes[0], 23) &* primes[1] &+ primes[2] }
        while position < bytes.count { hash = rotated(hash ^ word(1) &* primes[4], 11) &* primes[0] }
        hash = (hash ^ hash >> 33) &* primes[1]
        hash = (hash ^ hash >> 29) &* primes[2]
        return hash ^ hash >> 32
    }

    private static let primes: [UInt64] = [
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5,
    ]

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* primes[1], 31) &* primes[0]
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}
