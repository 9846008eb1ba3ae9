// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// An entropy coder for symbols 0...255 that stands in for Huffman's code: a symbol costs a fraction of a bit more than
/// its information, and decoding takes no branch (rANS: Duda 2013, arXiv:1311.2540, section 3; interleaved as in
/// Giesen 2014, arXiv:1402.3392).
///
///     last:1           the greatest symbol
///     levels           of each symbol 0...last, in bits, filled up to a whole byte:
///                      gamma(1 + zigzag(its level - that of the last symbol with one)); the first is measured from 1;
///                      a level 0 (no such symbol) is gamma(length of the run of them) behind it
///     states           4 × 4 bytes when there are 256 and more symbols, else 4 bytes
///     words            2 bytes each
///
/// A level is how often a symbol is, in half steps of the binary logarithm: exact counts would take more room than the
/// 0.007 bits a symbol that they would save. Decoders and encoders make the same frequencies of the levels.
enum SymbolCoder {
    /// Frequencies sum up to this.
    static let total = 1 << totalBits
    static let totalBits: UInt32 = 11
    static let mostLevel = 2 * Int(totalBits) + 1
    /// States are kept in `least...UInt32.max`, and renewed 16 bits at a time.
    private static let least: UInt32 = 1 << 16
    /// From so many symbols on, four states take turns: they hide each other's waiting, and cost 12 bytes.
    private static let manySymbols = 256

    private static func lanes(_ count: Int) -> Int { count >= manySymbols ? 4 : 1 }

    /// The level of a symbol that is so often among so many.
    @inline(__always)
    static func level(_ count: UInt32, of all: Int, _ logarithms: UnsafePointer<Float>) -> Int {
        if count == 0 { return 0 }
        let share = 2 * (logarithms[Int(count)] - logarithms[all] + Float(totalBits))
        return min(max(1, 1 + Int(share + 0.5)), mostLevel)
    }

    /// Makes frequencies of levels, in place: each at least 1 where there is a level, and `total` together.
    private static func normalize(_ levels: UnsafeMutablePointer<UInt32>, last: Int) {
        var sum: UInt64 = 0
        for symbol in 0...last {
            guard levels[symbol] > 0 else { continue }
            let half = levels[symbol] - 1
            // 181 / 128 is the square root of 2.
            levels[symbol] = (half & 1 == 0 ? 128 : 181) << (half >> 1)
            sum += UInt64(levels[symbol])
        }
        var missing = total
        for symbol in 0...last where levels[symbol] > 0 {
            levels[symbol] = max(1, UInt32((UInt64(levels[symbol]) * UInt64(total) + sum / 2) / sum))
            missing -= Int(levels[symbol])
        }
        // Rounding leaves a few over or lacks a few: one each, and more only where there are more than one can give.
        var least: UInt32 = 16
        while missing != 0 {
            for symbol in 0...last where levels[symbol] >= least {
                if missing > 0 {
                    levels[symbol] += 1
                    missing -= 1
                } else if missing < 0, levels[symbol] > 1 {
                    levels[symbol] -= 1
                    missing += 1
                }
            }
            least = max(1, least / 2)
        }
    }

    // MARK: - Encoding

    /// About how many bits the levels take.
    static func levelBits(_ counts: UnsafePointer<UInt32>, last: Int, all: Int, _ logarithms: UnsafePointer<Float>)
        -> Int
    {
        var bits = 8 + 32 * lanes(all)
        eachLevel(last: last, level: { level(counts[$0], of: all, logarithms) }) { bits += gammaBits($0) }
        return bits
    }

    @inline(__always)
    private static func gammaBits(_ value: UInt32) -> Int { 2 * (31 - value.leadingZeroBitCount) + 1 }

    /// The numbers of the head, each from 1 on.
    @inline(__always)
    private static func eachLevel(last: Int, level: (Int) -> Int, _ body: (UInt32) -> Void) {
        var previous = 1
        var symbol = 0
        while symbol <= last {
            let here = level(symbol)
            let difference = Int32(here - previous)
            body(1 + UInt32(bitPattern: difference << 1 ^ difference >> 31))
            symbol += 1
            if here > 0 {
                previous = here
            } else {
                var run: UInt32 = 1
                while level(symbol) == 0 {
                    run += 1
                    symbol += 1
                }
                body(run)
            }
        }
    }

    /// Appends the symbols.
    ///
    /// - Precondition: `counts` are theirs, `last` is the greatest and occurs, and there are 1...`mostValues`.
    static func encode(
        _ symbols: UnsafePointer<UInt8>,
        count: Int,
        counts: UnsafePointer<UInt32>,
        last: Int,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        let encoder = scratch.encoder
        let frequencies = scratch.frequencies
        writer.byte(UInt8(last))
        for symbol in 0...last {
            frequencies[symbol] = UInt32(level(counts[symbol], of: count, encoder.logarithms))
        }
        var sink = BitSink(encoder.output)
        eachLevel(last: last, level: { Int(frequencies[$0]) }) { sink.putGamma($0) }
        let head = sink.finish()
        writer.raw(UnsafeRawBufferPointer(start: encoder.output, count: head))
        normalize(frequencies, last: last)
        let starts = scratch.states
        var start: UInt32 = 0
        for symbol in 0...last {
            starts[symbol] = start
            start += frequencies[symbol]
        }

        // From the last symbol to the first; the words from the end of the memory to its start.
        let lanes = lanes(count)
        var states = SIMD4<UInt32>(repeating: least)
        var end = ColumnScratch.mostValues * 2 + 64
        let output = UnsafeMutableRawPointer(encoder.output)
        for index in stride(from: count - 1, through: 0, by: -1) {
            let symbol = Int(symbols[index])
            let frequency = frequencies[symbol]
            var state = states[index & (lanes - 1)]
            if UInt64(state) >= UInt64(frequency) << UInt64(32 - totalBits) {
                end -= 2
                output.storeBytes(
                    of: UInt16(truncatingIfNeeded: state).littleEndian,
                    toByteOffset: end,
                    as: UInt16.self
                )
                state >>= 16
            }
            let (quotient, remainder) = state.quotientAndRemainder(dividingBy: frequency)
            states[index & (lanes - 1)] = quotient << totalBits + remainder + starts[symbol]
        }
        for lane in 0..<lanes { writer.fixed(states[lane]) }
        writer.raw(UnsafeRawBufferPointer(start: output + end, count: ColumnScratch.mostValues * 2 + 64 - end))
    }

    // MARK: - Decoding

    /// Reads `count` symbols into the scratch's; the greatest of them.
    static func decode(_ reader: inout ByteReader, count: Int, _ scratch: ColumnScratch) throws(ByteReader.Malformed)
        -> Int
    {
        let last = Int(try reader.byte())
        try decodeFrequencies(&reader, last: last, scratch.frequencies)
        fillStates(scratch.states, scratch.frequencies, last: last)
        let lanes = lanes(count)
        let rest = reader.rest
        guard let start = rest.baseAddress, rest.count >= lanes * 4 else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        var states = SIMD4<UInt32>()
        for lane in 0..<lanes {
            states[lane] = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: lane * 4, as: UInt32.self))
        }
        var offset = lanes * 4
        var index = 0
        if lanes == 4 {
            let end = rest.count - 8
            decodeFour(start, end, count, scratch, &states, &offset, &index)
            if index < count & ~3 {
                // The last bytes, with zeros behind them so that the fast path goes on: it may not use any of these.
                let tail = UnsafeMutableRawPointer(scratch.frame)
                let size = rest.count - offset
                tail.copyMemory(from: start + offset, byteCount: size)
                (tail + size).initializeMemory(as: UInt8.self, repeating: 0, count: 8)
                var used = 0
                decodeFour(tail, size, count, scratch, &states, &used, &index)
                guard used <= size else { throw ByteReader.Malformed(offset: reader.offset + rest.count) }
                offset += used
            }
        }
        while index < count {
            let lane = index & (lanes - 1)
            let entry = scratch.states[Int(states[lane] & UInt32(total - 1))]
            scratch.symbols[index] = UInt8(truncatingIfNeeded: entry)
            var state = renewed(states[lane], entry)
            if state < least {
                guard offset + 2 <= rest.count else { throw ByteReader.Malformed(offset: reader.offset + offset) }
                state =
                    state << 16
                    | UInt32(UInt16(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
                offset += 2
            }
            states[lane] = state
            index += 1
        }
        try reader.skip(offset)
        return last
    }

    /// The fast path: four symbols a turn, from `offset` on, while that is at most `end`; eight bytes behind `end` are
    /// readable.
    private static func decodeFour(
        _ start: UnsafeRawPointer,
        _ end: Int,
        _ count: Int,
        _ scratch: ColumnScratch,
        _ states: inout SIMD4<UInt32>,
        _ offset: inout Int,
        _ index: inout Int
    ) {
        guard end >= 0 else { return }
        let table = UnsafePointer(scratch.states)
        var (a, b, c, d) = (states[0], states[1], states[2], states[3])
        var word = start + offset
        let lastWord = start + end
        var out = scratch.symbols + index
        let lastOut = scratch.symbols + (count & ~3)
        @inline(__always)
        func next(_ state: inout UInt32) -> UInt8 {
            let entry = table[Int(state & UInt32(total - 1))]
            let short = renewed(state, entry)
            let longer = short &<< 16 | UInt32(UInt16(littleEndian: word.loadUnaligned(as: UInt16.self)))
            state = short < least ? longer : short
            word += short < least ? 2 : 0
            return UInt8(truncatingIfNeeded: entry)
        }
        while out < lastOut, word <= lastWord {
            out[0] = next(&a)
            out[1] = next(&b)
            out[2] = next(&c)
            out[3] = next(&d)
            out += 4
        }
        states = SIMD4(a, b, c, d)
        offset = word - start
        index = out - scratch.symbols
    }

    private static func decodeFrequencies(
        _ reader: inout ByteReader,
        last: Int,
        _ frequencies: UnsafeMutablePointer<UInt32>
    ) throws(ByteReader.Malformed) {
        var source = BitSource(reader.rest)
        var previous = 1
        var symbol = 0
        while symbol <= last {
            guard let code = source.takeGamma() else { throw ByteReader.Malformed(offset: reader.offset) }
            let zigzag = Int32(bitPattern: code - 1)
            let level = previous + Int(zigzag >> 1 ^ -(zigzag & 1))
            guard level >= 0, level <= mostLevel else { throw ByteReader.Malformed(offset: reader.offset) }
            frequencies[symbol] = UInt32(level)
            symbol += 1
            if level > 0 {
                previous = level
            } else {
                guard let run = source.takeGamma(), symbol + Int(run) - 1 <= last else {
                    throw ByteReader.Malformed(offset: reader.offset)
                }
                for _ in 1..<run {
                    frequencies[symbol] = 0
                    symbol += 1
                }
            }
        }
        guard frequencies[last] > 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        try reader.skip(source.bytesRead)
        normalize(frequencies, last: last)
    }

    /// One entry for each value of a state's low bits: the symbol in the lowest 8 bits, the place of the entry among the
    /// symbol's own in the next 12, and the symbol's frequency in the upper 12. Seven entries behind them are written too.
    private static func fillStates(
        _ table: UnsafeMutablePointer<UInt32>,
        _ frequencies: UnsafePointer<UInt32>,
        last: Int
    ) {
        let steps = SIMD4<UInt32>(0, 1, 2, 3) &<< 8
        let (four, eight) = (SIMD4<UInt32>(repeating: 4 << 8), SIMD4<UInt32>(repeating: 8 << 8))
        var next = UnsafeMutableRawPointer(table)
        for symbol in 0...last {
            let frequency = frequencies[symbol]
            // Eight at a time, of which the next symbol writes over what is too much.
            var entries = steps &+ SIMD4(repeating: frequency &<< 20 | UInt32(truncatingIfNeeded: symbol))
            var at = next
            next += Int(frequency) &* 4
            while at < next {
                at.storeBytes(of: entries, as: SIMD4<UInt32>.self)
                at.storeBytes(of: entries &+ four, toByteOffset: 16, as: SIMD4<UInt32>.self)
                entries &+= eight
                at += 32
            }
        }
    }

    /// A state once its symbol is taken out.
    @inline(__always)
    private static func renewed(_ state: UInt32, _ entry: UInt32) -> UInt32 {
        (entry &>> 20) &* (state &>> totalBits) &+ entry &>> 8 & 0xFFF
    }
}
