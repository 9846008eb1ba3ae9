// SPDX-License-Identifier: Apache-2.0

/// What a block of integers is turned into before it is coded. Numbers are written to disk; all arithmetic wraps.
enum ColumnTransform: UInt8, CaseIterable {
    /// The values themselves.
    case none = 0
    /// Each value less the one before it; the first stands in the head.
    case delta = 1
    /// Differences of differences; the first value and the first difference stand in the head.
    case secondDelta = 2
    /// Each value less its place on a straight line through the origin: what jitters does not do so twice.
    case line = 3

    /// How many values are in the head and not among the numbers coded.
    var lead: Int {
        switch self {
        case .none, .line: 0
        case .delta: 1
        case .secondDelta: 2
        }
    }

    /// What stands in the head: the first value, and the first difference or the slope of the line.
    struct Head {
        var first: Int64 = 0
        var step: Int64 = 0
    }

    /// Fills `out` with the `count - lead` numbers to be coded.
    ///
    /// - Precondition: `count` is at least 1, and at least `lead`.
    func apply(_ values: UnsafePointer<Int64>, count: Int, into out: UnsafeMutablePointer<Int64>) -> Head {
        switch self {
        case .none:
            out.update(from: values, count: count)
            return Head()
        case .delta:
            for index in 1..<max(count, 1) { out[index - 1] = values[index] &- values[index - 1] }
            return Head(first: values[0])
        case .secondDelta:
            var previous = values[1] &- values[0]
            let head = Head(first: values[0], step: previous)
            for index in 2..<max(count, 2) {
                let difference = values[index] &- values[index - 1]
                out[index - 2] = difference &- previous
                previous = difference
            }
            return head
        case .line:
            let (rise, overflow) = values[count - 1].subtractingReportingOverflow(values[0])
            let steps = Int64(max(count - 1, 1))
            // The nearest step: one below would drift away from the values.
            let (down, rest) = rise.quotientAndRemainder(dividingBy: steps)
            let step = overflow ? 0 : rest.magnitude * 2 > steps.magnitude ? down + rest.signum() : down
            var place: Int64 = 0
            for index in 0..<count {
                out[index] = values[index] &- place
                place &+= step
            }
            return Head(step: step)
        }
    }

    /// The values again, from numbers that are `base + scale * coded`: `source` may be the memory of `out` + `lead`.
    ///
    /// - Parameter power: nil leaves the values as integers; else they become the bits of Float64, divided by it.
    @inline(__always)
    func undo<Number: UnsignedInteger & FixedWidthInteger>(
        _ source: UnsafePointer<Number>,
        base: Int64,
        scale: Int64,
        isSigned: Bool,
        head: Head,
        power: Double?,
        into out: UnsafeMutablePointer<Int64>,
        count: Int
    ) {
        if isSigned {
            run(source, head, power, out, count) { coded in
                let coded = UInt64(truncatingIfNeeded: coded)
                return base &+ scale &* (Int64(bitPattern: coded &>> 1) ^ (0 &- Int64(bitPattern: coded & 1)))
            }
        } else if scale == 1 {
            run(source, head, power, out, count) { base &+ Int64(truncatingIfNeeded: $0) }
        } else {
            run(source, head, power, out, count) { base &+ scale &* Int64(truncatingIfNeeded: $0) }
        }
    }

    @inline(__always)
    private func run<Number: UnsignedInteger & FixedWidthInteger>(
        _ source: UnsafePointer<Number>,
        _ head: Head,
        _ power: Double?,
        _ out: UnsafeMutablePointer<Int64>,
        _ count: Int,
        _ number: (Number) -> Int64
    ) {
        guard let power else {
            return run(source, head, count, number) { index, first, second in
                out[index] = first
                out[index &+ 1] = second
            } last: { index, value in
                out[index] = value
            }
        }
        // Two divisions take the time of one.
        run(source, head, count, number) { index, first, second in
            let quotients = SIMD2(Double(first), Double(second)) / SIMD2(repeating: power)
            out[index] = Int64(bitPattern: quotients[0].bitPattern)
            out[index &+ 1] = Int64(bitPattern: quotients[1].bitPattern)
        } last: { index, value in
            out[index] = Int64(bitPattern: (Double(value) / power).bitPattern)
        }
    }

    /// Hands all values over, two at a time where there are two.
    @inline(__always)
    private func run<Number: UnsignedInteger & FixedWidthInteger>(
        _ source: UnsafePointer<Number>,
        _ head: Head,
        _ count: Int,
        _ number: (Number) -> Int64,
        pair: (_ index: Int, _ first: Int64, _ second: Int64) -> Void,
        last: (_ index: Int, _ value: Int64) -> Void
    ) {
        var value = head.first
        var step = head.step
        var index = 0
        switch self {
        case .none:
            while index &+ 1 < count {
                pair(index, number(source[index]), number(source[index &+ 1]))
                index &+= 2
            }
            if index < count { last(index, number(source[index])) }
        case .delta:
            last(0, value)
            index = 1
            while index &+ 1 < count {
                let first = value &+ number(source[index &- 1])
                value = first &+ number(source[index])
                pair(index, first, value)
                index &+= 2
            }
            if index < count { last(index, value &+ number(source[index &- 1])) }
        case .secondDelta:
            last(0, value)
            value &+= step
            last(1, value)
            index = 2
            while index &+ 1 < count {
                step &+= number(source[index &- 2])
                let first = value &+ step
                step &+= number(source[index &- 1])
                value = first &+ step
                pair(index, first, value)
                index &+= 2
            }
            if index < count { last(index, value &+ step &+ number(source[index &- 2])) }
        case .line:
            while index &+ 1 < count {
                let first = number(source[index]) &+ value
                value &+= step
                pair(index, first, number(source[index &+ 1]) &+ value)
                value &+= step
                index &+= 2
            }
            if index < count { last(index, number(source[index]) &+ value) }
        }
    }
}
