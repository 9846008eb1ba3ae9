// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PromQL

@Suite("Natural order")
struct NaturalOrderTests {
    @Test(
        "Runs of digits are numbers",
        arguments: [
            ["", "0", "1", "2", "10", "a", "a1", "a2", "a10", "a10b", "b"],
            ["1.2.3", "1.11.3", "1.111.3"],
            ["4m5", "4m600", "4m1000"],
            ["99999999999999999998", "99999999999999999999", "a"],
            ["x01y", "x1z"],
            ["ä2", "ä10"],
        ]
    )
    func order(_ texts: [String]) {
        for (first, second) in zip(texts, texts.dropFirst()) {
            #expect(NaturalOrder.precedes(first, second) && !NaturalOrder.precedes(second, first), "\(first) \(second)")
        }
        #expect(texts.reversed().sorted(by: NaturalOrder.precedes) == texts)
    }
}
