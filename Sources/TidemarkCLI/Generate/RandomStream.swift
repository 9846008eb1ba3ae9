// SPDX-License-Identifier: Apache-2.0

/// The output function of SplitMix64: a bijection of 64-bit words.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, with the constants of
/// Vigna's public-domain `splitmix64.c` (https://prng.di.unimi.it/splitmix64.c).
func splitMix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// The step between two states of SplitMix64, 2^64 divided by the golden ratio, made odd.
private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

/// SplitMix64 drawn in sequence. It builds the catalog and the keys of the streams.
///
/// The standard library's shuffles and ranges are left aside on purpose: their algorithms may change between releases,
/// and the bytes must not.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= goldenGamma
        return splitMix(state)
    }

    /// A number in 0 ..< 1, a multiple of 2^-53.
    mutating func unit() -> Double {
        unitInterval(next())
    }

    /// A number in `range`, spread evenly.
    mutating func number(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// An integer in 0 ..< `count`. The bias is below `count` / 2^64.
    mutating func index(below count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// Fisher and Yates, from the end.
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, index(below: last + 1))
        }
    }
}

/// The upper 53 bits of `word` as a number in 0 ..< 1.
func unitInterval(_ word: UInt64) -> Double {
    Double(word >> 11) * 0x1p-53
}

/// SplitMix64 as a function of the position: word `i` needs no word before it.
///
/// So what happens at one position never shifts what is drawn at another, which is how an incident can take clicks away
/// and leave every other line as it was.
struct RandomStream {
    let key: UInt64

    subscript(position: UInt64) -> UInt64 {
        splitMix(key &+ position &* goldenGamma)
    }
}

/// One stream for each decision, so that none depends on how many words another took.
///
/// Keys come from seed and start: the same seed at another start has the same campaigns and other events. A new stream
/// goes to the end of the list; the keys before it stay.
struct RandomStreams {
    /// Where inside its slot a line arrives.
    let arrival: RandomStream
    /// Identity of an event. A bijection of the slot, hence unique.
    let identity: RandomStream
    let campaign: RandomStream
    /// Ad, device, and the price paid.
    let creative: RandomStream
    let customer: RandomStream
    let click: RandomStream
    let clickDelay: RandomStream
    let conversion: RandomStream
    let conversionDelay: RandomStream
    let revenue: RandomStream
    /// Whether a line is late, is sent again, or has a late successor.
    let delivery: RandomStream
    let lateness: RandomStream
    let successorLateness: RandomStream
    let retryDelay: RandomStream
    /// Which clicks the incident withholds.
    let incident: RandomStream

    init(seed: UInt64, startMilliseconds: Int64) {
        var keys = SplitMix64(seed: splitMix(seed) ^ splitMix(UInt64(bitPattern: startMilliseconds) &+ goldenGamma))
        func stream() -> RandomStream { RandomStream(key: keys.next()) }
        arrival = stream()
        identity = stream()
        campaign = stream()
        creative = stream()
        customer = stream()
        click = stream()
        clickDelay = stream()
        conversion = stream()
        conversionDelay = stream()
        revenue = stream()
        delivery = stream()
        lateness = stream()
        successorLateness = stream()
        retryDelay = stream()
        incident = stream()
    }
}
