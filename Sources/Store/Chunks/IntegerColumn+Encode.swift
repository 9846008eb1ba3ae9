// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension IntegerColumn {
    /// Appends the values, block by block, each in the form that takes the fewest bytes.
    ///
    /// - Complexity: O(`count`), about 60 ns a value.
    static func encode(
        _ values: UnsafePointer<Int64>,
        count: Int,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        var done = 0
        while done < count {
            let size = min(count - done, ColumnScratch.mostValues)
            encodeBlock(values + done, count: size, into: &writer, scratch)
            done += size
        }
    }

    /// One way of turning values into numbers to code.
    private struct Candidate {
        var transform: ColumnTransform
        var head: ColumnTransform.Head
        /// What is coded, after the transform.
        var source: UnsafePointer<Int64>
        var count: Int
        /// The least of them, or about the middle one.
        var base: Int64
        var isSigned: Bool
        /// How many bits the numbers take, roughly.
        var bits: Float
    }

    /// Appends one block of 1...`ColumnScratch.mostValues` values.
    static func encodeBlock(
        _ values: UnsafePointer<Int64>,
        count: Int,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        let encoder = scratch.encoder
        var best: Candidate?
        var second: Candidate?
        for transform in ColumnTransform.allCases where transform.lead < count {
            let source = encoder.transformed[Int(transform.rawValue)]
            let head = transform.apply(values, count: count, into: source)
            if transform == .line, head.step == 0 { continue }
            let (least, greatest) = bounds(source, count - transform.lead)
            var candidate = Candidate(
                transform: transform,
                head: head,
                source: UnsafePointer(source),
                count: count - transform.lead,
                base: least,
                isSigned: false,
                bits: 0
            )
            if least == greatest { return write(constant: candidate, into: &writer) }
            for isSigned in [false, true] {
                candidate.isSigned = isSigned
                candidate.base = isSigned ? middle(source, candidate.count) : least
                candidate.bits = estimate(candidate, encoder)
                if candidate.bits < best?.bits ?? .infinity {
                    (best, second) = (candidate, best)
                } else if candidate.bits < second?.bits ?? .infinity {
                    second = candidate
                }
            }
        }
        guard let best else { return }
        write(best, second, into: &writer, scratch)
    }

    private static func writeHead(_ candidate: Candidate, _ form: Form, scale: UInt64, into writer: inout ByteWriter) {
        let transform = candidate.transform
        writer.byte(
            form.rawValue | transform.rawValue << 3 | (candidate.isSigned ? signedBit : 0)
                | (scale != 1 ? scaledBit : 0)
        )
        if transform.lead > 0 { writer.zigzag(candidate.head.first) }
        if transform == .secondDelta || transform == .line { writer.zigzag(candidate.head.step) }
        writer.zigzag(candidate.base)
        if scale != 1 { writer.varint(scale) }
    }

    private static func write(constant candidate: Candidate, into writer: inout ByteWriter) {
        writeHead(candidate, .constant, scale: 1, into: &writer)
    }

    // MARK: - Choosing a transform

    private static func bounds(_ values: UnsafePointer<Int64>, _ count: Int) -> (least: Int64, greatest: Int64) {
        var least = values[0]
        var greatest = values[0]
        for index in 1..<max(count, 1) {
            least = min(least, values[index])
            greatest = max(greatest, values[index])
        }
        return (least, greatest)
    }

    /// The middle one of up to 15 values spread over all: exact enough for the numbers around it to be small.
    private static func middle(_ values: UnsafePointer<Int64>, _ count: Int) -> Int64 {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: 15) { sample in
            let size = min(15, count)
            for place in 0..<size {
                let value = values[(2 * place + 1) * count / (2 * size)]
                var index = place
                while index > 0, sample[index - 1] > value {
                    sample[index] = sample[index - 1]
                    index -= 1
                }
                sample[index] = value
            }
            return sample[size / 2]
        }
    }

    @inline(__always)
    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: value &<< 1 ^ value &>> 63)
    }

    /// The information of the numbers' lengths in bits, and the bits below the highest one.
    private static func estimate(_ candidate: Candidate, _ encoder: ColumnEncoderScratch) -> Float {
        let lengths = encoder.counts
        lengths.update(repeating: 0, count: 65)
        let (source, base) = (candidate.source, candidate.base)
        if candidate.isSigned {
            for index in 0..<candidate.count {
                lengths[64 &- zigzag(source[index] &- base).leadingZeroBitCount] &+= 1
            }
        } else {
            for index in 0..<candidate.count {
                lengths[64 &- UInt64(bitPattern: source[index] &- base).leadingZeroBitCount] &+= 1
            }
        }
        var bits = Float(candidate.count) * encoder.logarithms[candidate.count]
        for length in 0...64 where lengths[length] > 0 {
            let times = Float(lengths[length])
            bits += times * (Float(max(length - 1, 0)) - encoder.logarithms[Int(lengths[length])])
        }
        return bits
    }

    // MARK: - Choosing a form

    /// The greatest common divisor of the distances to the base: 1 as soon as that is sure.
    private static func scale(_ candidate: Candidate) -> UInt64 {
        let (least, greatest) = bounds(candidate.source, candidate.count)
        // Signed distances of such columns wrap, and what wraps cannot be divided.
        if candidate.isSigned, greatest.subtractingReportingOverflow(least).overflow { return 1 }
        var divisor: UInt64 = 0
        for index in 0..<candidate.count {
            var rest = UInt64(bitPattern: candidate.source[index] &- candidate.base)
            if candidate.isSigned { rest = Int64(bitPattern: rest).magnitude }
            if divisor == 0 {
                divisor = rest
            } else {
                rest %= divisor
                while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            }
            if divisor == 1 { return 1 }
        }
        return max(divisor, 1)
    }

    /// Fills `out` with the numbers to code; the greatest of them, and their length as varints.
    private static func numbers(_ candidate: Candidate, scale: UInt64, into out: UnsafeMutablePointer<UInt64>)
        -> (greatest: UInt64, varintBytes: Int)
    {
        var all: UInt64 = 0
        var bytes = 0
        for index in 0..<candidate.count {
            let distance = candidate.source[index] &- candidate.base
            var number = UInt64(bitPattern: distance)
            if candidate.isSigned {
                number = zigzag(scale == 1 ? distance : distance / Int64(bitPattern: scale))
            } else if scale != 1 {
                number /= scale
            }
            out[index] = number
            all = max(all, number)
            // One byte for each seven bits begun.
            bytes += Int(truncatingIfNeeded: (70 &- (number | 1).leadingZeroBitCount) / 7)
        }
        return (all, bytes)
    }

    private static func write(
        _ best: Candidate,
        _ second: Candidate?,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        let encoder = scratch.encoder
        var chosen = best
        var divisor = scale(best)
        var (greatest, varintBytes) = numbers(best, scale: divisor, into: encoder.bestResiduals)
        var coded = Buckets.choose(encoder.bestResiduals, count: best.count, greatest: greatest, encoder)
        if let second {
            let otherDivisor = scale(second)
            let (otherGreatest, otherVarints) = numbers(second, scale: otherDivisor, into: encoder.residuals)
            let other = Buckets.choose(encoder.residuals, count: second.count, greatest: otherGreatest, encoder)
            if other.bits < coded.bits {
                swap(&encoder.residuals, &encoder.bestResiduals)
                (chosen, divisor, greatest, varintBytes, coded) =
                    (second, otherDivisor, otherGreatest, otherVarints, other)
            }
        }
        let numbers = UnsafePointer(encoder.bestResiduals)
        let width = 64 - greatest.leadingZeroBitCount
        let packedBytes = (chosen.count * width + 7) / 8 + 1
        var form = Form.coded
        var size = coded.bits / 8 + 1
        if packedBytes <= size { (form, size) = (.packed, packedBytes) }
        if varintBytes <= size { (form, size) = (.varints, varintBytes) }
        if let frame = compress(numbers, count: chosen.count, width: (width + 7) / 8, below: size, scratch) {
            writeHead(chosen, .zstd, scale: divisor, into: &writer)
            writer.byte(UInt8((width + 7) / 8))
            writer.varint(UInt64(frame))
            return writer.raw(UnsafeRawBufferPointer(start: scratch.frame + 4, count: frame))
        }
        writeHead(chosen, form, scale: divisor, into: &writer)
        switch form {
        case .varints:
            for index in 0..<chosen.count { writer.varint(numbers[index]) }
        case .packed:
            writer.byte(UInt8(width))
            var sink = BitSink(encoder.bits)
            for index in 0..<chosen.count { sink.put(numbers[index], count: UInt64(width)) }
            writer.raw(UnsafeRawBufferPointer(start: encoder.bits, count: sink.finish()))
        case .coded, .constant, .zstd:
            coded.buckets.encode(numbers, count: chosen.count, greatest: greatest, into: &writer, scratch)
        }
    }

    /// A zstd frame of the numbers' planes in the scratch's `frame`, when it is clearly smaller: zstd finds what comes
    /// again, which the coder of symbols does not see, and takes longer to read.
    private static func compress(
        _ numbers: UnsafePointer<UInt64>,
        count: Int,
        width: Int,
        below size: Int,
        _ scratch: ColumnScratch
    ) -> Int? {
        guard count >= 16, size > 32 else { return nil }
        for plane in 0..<width {
            let bytes = scratch.planes + plane * count
            let shift = UInt64(plane * 8)
            for index in 0..<count { bytes[index] = UInt8(truncatingIfNeeded: numbers[index] &>> shift) }
        }
        guard let frame = scratch.encoder.compress(scratch.planes, count: width * count, into: scratch.frame),
            (frame + 3) * 10 < size * 9
        else { return nil }
        return frame
    }
}
