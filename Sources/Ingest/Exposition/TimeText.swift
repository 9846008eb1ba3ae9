// SPDX-License-Identifier: Apache-2.0

/// Reads the timestamps of the exposition formats as milliseconds since the Unix epoch.
enum TimeText {
    /// Reads whole milliseconds at `at` and moves behind them; nil when there are none, or too many.
    @inline(__always)
    static func milliseconds(_ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int64? {
        var next = at
        let isNegative = skipSign(&next, end)
        let digits = next
        var value: UInt64 = 0
        while next < end {
            let digit = next.pointee &- 0x30
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            next += 1
        }
        // 18 digits always fit; more are years beyond 31 million.
        guard next > digits, next - digits <= 18 else { return nil }
        at = next
        return isNegative ? -Int64(value) : Int64(value)
    }

    /// Reads decimal seconds at `at` and moves behind them; nil when there are none, or too many.
    ///
    /// Exact, where a detour over Float64 would not be. Digits behind the third are cut off, as Prometheus does.
    @inline(__always)
    static func seconds(_ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int64? {
        let start = at
        var next = at
        let isNegative = skipSign(&next, end)
        let digits = next
        var value: UInt64 = 0
        while next < end {
            let digit = next.pointee &- 0x30
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            next += 1
        }
        guard next - digits <= 15, next > digits else { return anySeconds(start, &at, end) }
        value &*= 1_000
        if next < end, next.pointee == 0x2E {
            next += 1
            var weight: UInt64 = 100
            while next < end {
                let digit = next.pointee &- 0x30
                if digit > 9 { break }
                value &+= UInt64(digit) &* weight
                weight /= 10
                next += 1
            }
        }
        if next < end, next.pointee | 0x20 == 0x65 { return anySeconds(start, &at, end) }
        at = next
        return isNegative ? -Int64(value) : Int64(value)
    }

    @inline(__always)
    private static func skipSign(_ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        guard next < end, next.pointee == 0x2D || next.pointee == 0x2B else { return false }
        next += 1
        return (next - 1).pointee == 0x2D
    }

    /// The slow path of ``seconds(_:_:)``: exponents, no digit before the point, leading zeros.
    @inline(never)
    private static func anySeconds(
        _ start: UnsafePointer<UInt8>,
        _ at: inout UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>
    ) -> Int64? {
        var next = start
        while next < end, next.pointee != 0x20, next.pointee != 0x09 { next += 1 }
        let token = UnsafeBufferPointer(start: start, count: next - start)
        guard NumberText.value(of: token, .decimal) != nil else { return nil }
        // The digits without leading zeros, and how many zeros follow them up to the point of milliseconds.
        var digits: [UInt8] = []
        var zeros = 3
        var isBehindPoint = false
        var index = 0
        while index < token.count, token[index] | 0x20 != 0x65 {
            let digit = token[index] &- 0x30
            if digit <= 9 {
                if !digits.isEmpty || digit != 0 { digits.append(digit) }
                if isBehindPoint { zeros -= 1 }
            } else if token[index] == 0x2E {
                isBehindPoint = true
            }
            index += 1
        }
        if index < token.count {
            // An exponent of more digits than an Int holds is beyond every bound below, or shifts all digits away.
            let text = String(decoding: token[(index + 1)...], as: UTF8.self)
            zeros += max(-(1 << 32), min(1 << 32, Int(text) ?? (text.hasPrefix("-") ? -(1 << 32) : 1 << 32)))
        }
        if zeros < 0 { digits.removeLast(min(-zeros, digits.count)) }
        guard digits.isEmpty || digits.count + max(zeros, 0) <= 18 else { return nil }
        var value = digits.reduce(0 as Int64) { $0 * 10 + Int64($1) }
        if !digits.isEmpty, zeros > 0 { for _ in 0..<zeros { value *= 10 } }
        at = next
        return token[0] == 0x2D ? -value : value
    }
}
