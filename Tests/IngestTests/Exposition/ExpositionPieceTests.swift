// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Exposition in pieces` {
    private let text = bytes(
        """
        # HELP a A é.\r
        # TYPE a gauge
        a{b="1"} 1.5 1700000000
        a{b="2"} 2 1700000000.25

        a{b="1"} x
        a{b="\\"}\\n"} 3 # {} 1
          a 4\t
        a{b="1"} 5 6
        a{b="2"} 7 8
        # EOF
        a 1
        a{b="2"} NaN
        """
    )

    @Test(arguments: ExpositionFormat.allCases)
    func `a cut at any byte changes nothing`(format: ExpositionFormat) {
        let whole = ExpositionReading(text, format)
        #expect(whole.samples.count > 5 && whole.faults.count > 1)
        for cut in 0...text.count {
            check(ExpositionReading(text, format, cutAt: [cut]) == whole, "cut at \(cut)")
        }
        #expect(ExpositionReading(text, format, cutAt: Array(0...text.count)) == whole)
    }

    @Test func `a line that is too long is told once, wherever it is cut`() {
        let long = bytes("a 1\n# ") + [UInt8](repeating: 0x78, count: EventLimits.lineBytes) + bytes("\na 2\n")
        let whole = ExpositionReading(long)
        #expect(whole.samples.count == 2)
        #expect(whole.faults == ["2: longer than 1048576 bytes"])
        for cut in [
            3, 4, 5, 4 + EventLimits.lineBytes, 5 + EventLimits.lineBytes, 6 + EventLimits.lineBytes,
            8 + EventLimits.lineBytes,
        ] {
            check(ExpositionReading(long, cutAt: [cut]) == whole, "cut at \(cut)")
        }
    }
}
