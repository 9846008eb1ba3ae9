// SPDX-License-Identifier: Apache-2.0

import CCrypt
import Glibc

/// A password's bcrypt hash as htpasswd writes it: `$2y$10$`, 22 characters of salt, 31 of hash.
///
/// It is checked with the system's `crypt`. Its description leaves the hash out.
struct BcryptHash: Equatable, Sendable, CustomStringConvertible {
    /// 4 to 31: checking takes 2 to this power rounds.
    let cost: Int
    let text: String

    /// - Returns: nil for what is no such hash: another method, a cost out of bounds, too short.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, ["2a", "2b", "2y"].contains(parts[1]), parts[2].utf8.count == 2,
            let cost = Int(parts[2]), (4...31).contains(cost), parts[3].utf8.count == 53,
            parts[3].utf8.allSatisfy(BcryptHash.isDigit)
        else { return nil }
        self.cost = cost
        self.text = text
    }

    private init(text: String, cost: Int) {
        self.text = text
        self.cost = cost
    }

    /// A hash that no known password has, for users that are not there: checking it takes as long as the real thing.
    static func decoy(cost: Int) -> BcryptHash {
        let salt = String(repeating: ".", count: 22)
        let hash = String(repeating: "/", count: 31)
        return BcryptHash(text: "$2b$\(cost < 10 ? "0" : "")\(cost)$\(salt)\(hash)", cost: cost)
    }

    /// Whether this is the hash of a password. Computes for milliseconds to seconds, by the cost.
    func matches(_ password: String) -> Bool {
        // C would take the text before it for the password.
        guard !password.utf8.contains(0) else { return false }
        var memory: UnsafeMutableRawPointer?
        var size: Int32 = 0
        defer {
            if let memory { explicit_bzero(memory, Int(size)) }
            free(memory)
        }
        guard let computed = crypt_ra(password, text, &memory, &size) else { return false }
        return isEqualInConstantTime(Array(String(cString: computed).utf8), Array(text.utf8))
    }

    var description: String { "bcrypt hash of cost \(cost)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

/// Whether two secrets are the same, in a time that depends on their lengths alone.
@inline(never)
func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
}
