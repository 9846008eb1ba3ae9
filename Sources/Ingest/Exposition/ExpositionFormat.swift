// SPDX-License-Identifier: Apache-2.0

/// The two text formats in which Prometheus is given metrics.
public enum ExpositionFormat: String, Sendable, CaseIterable {
    /// Text format 0.0.4: timestamps in whole milliseconds, blank lines and comments anywhere.
    case text
    /// OpenMetrics 1.0: timestamps in decimal seconds, exemplars, `# EOF` at the end.
    case openMetrics = "openmetrics"

    /// How many bytes of the end of a file ``detect(tail:)`` needs.
    public static let tailBytes = 16

    /// OpenMetrics when the text ends with the line `# EOF`, else text 0.0.4, in which no such line is needed.
    ///
    /// - Parameter tail: the last bytes of the file, ``tailBytes`` of them or all.
    public static func detect(tail: UnsafeRawBufferPointer) -> ExpositionFormat {
        var rest = tail[...]
        if rest.last == 0x0A { rest = rest.dropLast() }
        if rest.last == 0x0D { rest = rest.dropLast() }
        guard rest.suffix(5).elementsEqual("# EOF".utf8) else { return .text }
        rest = rest.dropLast(5)
        return rest.isEmpty || rest.last == 0x0A ? .openMetrics : .text
    }
}
