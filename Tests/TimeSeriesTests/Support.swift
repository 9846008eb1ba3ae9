// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Every string of these letters of at most `length` letters, the empty one included.
func everyString(of letters: String, upTo length: Int) -> [String] {
    var all = [""]
    var longest = [""]
    for _ in 0..<length {
        longest = longest.flatMap { start in letters.map { start + String($0) } }
        all += longest
    }
    return all
}
