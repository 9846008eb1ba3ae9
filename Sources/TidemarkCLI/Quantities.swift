// SPDX-License-Identifier: Apache-2.0

/// Reads a duration: `15s`, `24h`, `30d`, `1h30m`; a unit may occur once, larger ones first.
///
/// Units are Prometheus': `w` 7 days, `d` 24 hours, `h`, `m`, `s`.
///
/// - Returns: seconds, or nil for anything else, a bare number and more than 10,000 years included.
func parseDuration(_ text: String) -> Int? {
    let units: [(name: Character, seconds: Int)] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]
    var remaining = units[...]
    var seconds = 0
    var digits = ""
    for character in text {
        if character.isASCII, character.isNumber {
            digits.append(character)
            continue
        }
        guard let number = Int(digits), let unit = remaining.firstIndex(where: { $0.name == character }) else {
            return nil
        }
        let (part, isTooLarge) = number.multipliedReportingOverflow(by: units[unit].seconds)
        let (sum, isTooLong) = seconds.addingReportingOverflow(part)
        guard !isTooLarge, !isTooLong else { return nil }
        seconds = sum
        remaining = units[(unit + 1)...]
        digits = ""
    }
    // So that it can be added to any time that there is, in milliseconds.
    guard seconds <= 10_000 * 366 * 86_400 else { return nil }
    return digits.isEmpty && !text.isEmpty ? seconds : nil
}

/// Reads a size: `64MiB`, `10MB`, `1GiB`, `4096`, `4096B`.
///
/// `KiB`, `MiB`, `GiB`, `TiB` are powers of 1024; `kB` (or `KB`), `MB`, `GB`, `TB` of 1000.
///
/// - Returns: bytes, or nil for anything else, overflow included.
func parseSize(_ text: String) -> Int? {
    let units = [
        "": 1, "B": 1, "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Int(digits), let factor = units[String(unit)] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : bytes
}
