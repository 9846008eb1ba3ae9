// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// How numbers are cut into a symbol of 0...255 and bits that follow it as they are.
///
/// - Even: the symbol is what is above the lowest `bits` bits.
/// - Growing: numbers below 2^bits are their own symbols; beyond, each power of two has 2^bits symbols.
struct Buckets: Equatable {
    var isGrowing: Bool
    /// 0...63, when growing 0...7.
    var bits: UInt8

    /// Where a symbol's numbers begin, and how many bits follow it; nil where none can be so great.
    @inline(__always)
    func range(of symbol: Int) -> (base: UInt64, bits: UInt8)? {
        let shift = UInt64(bits)
        if !isGrowing {
            let base = UInt64(symbol) << shift
            return base >> shift == UInt64(symbol) ? (base, bits) : nil
        }
        let group = UInt64(symbol) >> shift
        if group == 0 { return (UInt64(symbol), 0) }
        guard group + shift <= 64 else { return nil }
        let mantissa = 1 << shift | UInt64(symbol) & (1 << shift - 1)
        return (mantissa << (group - 1), UInt8(group - 1))
    }

    /// The symbol of a number, and how many bits follow it.
    @inline(__always)
    func symbol(of value: UInt64) -> (symbol: Int, bits: UInt64) {
        let shift = UInt64(bits)
        if !isGrowing { return (Int(truncatingIfNeeded: value &>> shift), shift) }
        if value >> shift == 0 { return (Int(truncatingIfNeeded: value), 0) }
        let extra = 63 &- UInt64(truncatingIfNeeded: value.leadingZeroBitCount) &- shift
        return (Int(truncatingIfNeeded: extra &<< shift &+ value &>> extra), extra)
    }

    /// Whether every number up to `last` is its own symbol.
    func isIdentity(upTo last: Int) -> Bool { isGrowing ? last >> Int(bits) == 0 : bits == 0 }

    // MARK: - Decoding

    /// Puts numbers together from the scratch's symbols and the bits at the reader.
    static func decode(
        _ reader: inout ByteReader,
        buckets: Buckets,
        last: Int,
        into out: UnsafeMutablePointer<UInt64>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        var mostBits: UInt8 = 0
        for symbol in 0...last {
            guard let range = buckets.range(of: symbol) else { throw ByteReader.Malformed(offset: reader.offset) }
            scratch.bucketBases[2 * symbol] = range.base
            scratch.bucketBases[2 * symbol + 1] = 1 &<< UInt64(range.bits) &- 1
            scratch.bucketBits[symbol] = range.bits
            mostBits = max(mostBits, range.bits)
        }
        let rest = reader.rest
        var index = 0
        var position = 0
        if let start = rest.baseAddress, mostBits <= 56 {
            if buckets.isGrowing {
                fastDecode(start, rest.count, scratch, out, count, arePaired: mostBits <= 28, &index, &position)
                if index < count, position <= rest.count * 8 {
                    // The last bytes, with zeros behind them so that the fast path goes on: it may not use any of these.
                    let from = position >> 3
                    let tail = UnsafeMutableRawPointer(scratch.frame)
                    let size = min(rest.count - from, 64)
                    tail.copyMemory(from: start + from, byteCount: size)
                    (tail + size).initializeMemory(as: UInt8.self, repeating: 0, count: 16)
                    var used = position & 7
                    fastDecode(tail, size + 16, scratch, out, count, arePaired: mostBits <= 28, &index, &used)
                    guard used <= size * 8 else { throw ByteReader.Malformed(offset: reader.offset + rest.count) }
                    position = from * 8 + used
                }
            } else {
                index = fastEvenDecode(start, rest.count, Int(buckets.bits), scratch.symbols, out, count)
                position = index * Int(buckets.bits)
            }
        }
        // What is left: very wide ones, and the last of even ones.
        var source = BitSource(rest)
        source.skip(position)
        while index < count {
            let symbol = Int(scratch.symbols[index])
            guard let bits = source.take(Int(scratch.bucketBits[symbol])) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            out[index] = scratch.bucketBases[2 * symbol] &+ bits
            index += 1
        }
        try reader.skip(source.bytesRead)
    }

    /// The fast path: at most 56 bits each, eight bytes readable for each; from `index` and the bit at `position` on.
    private static func fastDecode(
        _ start: UnsafeRawPointer,
        _ size: Int,
        _ scratch: ColumnScratch,
        _ out: UnsafeMutablePointer<UInt64>,
        _ count: Int,
        arePaired: Bool,
        _ madeIndex: inout Int,
        _ madePosition: inout Int
    ) {
        let symbols = UnsafePointer(scratch.symbols)
        let ranges = UnsafePointer(scratch.bucketBases)
        let widths = UnsafePointer(scratch.bucketBits)
        let end = size - 8
        var position = madePosition
        var index = madeIndex
        if arePaired {
            // Two numbers of each word.
            while index &+ 1 < count, position &>> 3 <= end {
                var word = loadWord(start, position &>> 3) &>> UInt64(truncatingIfNeeded: position & 7)
                let first = Int(symbols[index])
                let second = Int(symbols[index &+ 1])
                let firstWidth = UInt64(widths[first])
                out[index] = ranges[2 &* first] &+ word & ranges[2 &* first &+ 1]
                word = word &>> firstWidth
                out[index &+ 1] = ranges[2 &* second] &+ word & ranges[2 &* second &+ 1]
                position &+= Int(firstWidth &+ UInt64(widths[second]))
                index &+= 2
            }
        }
        while index < count, position &>> 3 <= end {
            let symbol = Int(symbols[index])
            let word = loadWord(start, position &>> 3) &>> UInt64(truncatingIfNeeded: position & 7)
            out[index] = ranges[2 &* symbol] &+ word & ranges[2 &* symbol &+ 1]
            position &+= Int(widths[symbol])
            index &+= 1
        }
        (madeIndex, madePosition) = (index, position)
    }

    /// The fast path of even buckets, of 1...56 bits. How many numbers it made.
    private static func fastEvenDecode(
        _ start: UnsafeRawPointer,
        _ size: Int,
        _ bits: Int,
        _ symbols: UnsafePointer<UInt8>,
        _ out: UnsafeMutablePointer<UInt64>,
        _ count: Int
    ) -> Int {
        guard size >= 8, bits > 0 else { return 0 }
        let safe = min(count, ((size - 8) * 8 + 7) / bits + 1)
        let mask = UInt64(1) &<< UInt64(bits) &- 1
        let shift = UInt64(bits)
        var position = 0
        var index = 0
        while index < safe {
            let low = loadWord(start, position &>> 3) &>> UInt64(truncatingIfNeeded: position & 7) & mask
            out[index] = UInt64(symbols[index]) &<< shift | low
            position &+= bits
            index &+= 1
        }
        return safe
    }

    // MARK: - Choosing

    /// The scheme that takes the fewest bits, about, and how many; its counts end up in the encoder's `counts`.
    ///
    /// Counts of the finest scheme of each kind are merged into those of the next: one pass over the numbers each.
    static func choose(_ values: UnsafePointer<UInt64>, count: Int, greatest: UInt64, _ encoder: ColumnEncoderScratch)
        -> (buckets: Buckets, bits: Int)
    {
        let width = 64 - greatest.leadingZeroBitCount
        var best = (buckets: Buckets(isGrowing: false, bits: 0), bits: Int.max)
        let counts = encoder.counts
        func attempt(_ buckets: Buckets, last: Int) {
            var bits = SymbolCoder.levelBits(counts, last: last, all: count, encoder.logarithms) + 16
            var information: Float = Float(count) * encoder.logarithms[count]
            for symbol in 0...last where counts[symbol] > 0 {
                information -= Float(counts[symbol]) * encoder.logarithms[Int(counts[symbol])]
                if let range = buckets.range(of: symbol) { bits += Int(range.bits) * Int(counts[symbol]) }
            }
            bits += Int(information)
            // Numbers that are symbols are read in half the time: others have to be worth it.
            if last < 256, buckets.isIdentity(upTo: last) { bits -= bits / 64 + 24 }
            if bits < best.bits { best = (buckets, bits) }
        }
        for kind in [false, true] {
            var buckets = Buckets(isGrowing: kind, bits: UInt8(max(0, width - 8)))
            if kind {
                if width <= 1 { break }
                buckets.bits = 7
                while (width - Int(buckets.bits) + 1) << Int(buckets.bits) > 256 { buckets.bits -= 1 }
            }
            counts.update(repeating: 0, count: 257)
            for index in 0..<count { counts[buckets.symbol(of: values[index]).symbol] += 1 }
            var last = buckets.symbol(of: greatest).symbol
            while true {
                attempt(buckets, last: last)
                if kind ? buckets.bits == 0 : last <= 1 { break }
                // Of even ones every two become one; of growing ones, every two of those that are not their own.
                let kept = kind ? 1 << Int(buckets.bits) : 0
                var to = kept
                var from = kept
                while from <= last {
                    counts[to] = counts[from] + (from + 1 <= last ? counts[from + 1] : 0)
                    to += 1
                    from += 2
                }
                buckets.bits = kind ? buckets.bits - 1 : buckets.bits + 1
                last = buckets.symbol(of: greatest).symbol
            }
        }
        return best
    }

    /// Appends the numbers: symbols, then the bits beside them.
    func encode(
        _ values: UnsafePointer<UInt64>,
        count: Int,
        greatest: UInt64,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        let encoder = scratch.encoder
        encoder.counts.update(repeating: 0, count: 256)
        var sink = BitSink(encoder.bits)
        for index in 0..<count {
            let (symbol, extra) = symbol(of: values[index])
            scratch.symbols[index] = UInt8(symbol)
            encoder.counts[symbol] += 1
            sink.put(values[index] & (1 << extra - 1), count: extra)
        }
        let size = sink.finish()
        writer.byte((isGrowing ? 0x80 : 0) | bits)
        SymbolCoder.encode(
            scratch.symbols,
            count: count,
            counts: encoder.counts,
            last: symbol(of: greatest).symbol,
            into: &writer,
            scratch
        )
        writer.raw(UnsafeRawBufferPointer(start: encoder.bits, count: size))
    }
}
