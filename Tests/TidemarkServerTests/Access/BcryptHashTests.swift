// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

@Suite struct BcryptHashTests {
    /// The vectors of crypt_blowfish.
    @Test(arguments: [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
    ])
    func `a published hash takes its password and no other`(text: String, password: String) throws {
        let hash = try #require(BcryptHash(text))
        #expect(hash.cost == 5)
        #expect(hash.matches(password))
        #expect(!hash.matches(password + "x"))
        #expect(!hash.matches(""))
        #expect(!hash.matches(password + "\0x"), "C would end the text there")
        #expect(!"\(hash)".contains(text.suffix(31)), "a log has no hash in it")
    }

    @Test(arguments: [
        "", "secret", "$2y$10$short", "$1$abcdefgh$ijklmnopqrstuvwxyz",
        "$2y$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2y$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2y$05$CCCCCCCCCCCCCCCCCCCC!.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ])
    func `what is no bcrypt hash is not taken for one`(text: String) {
        #expect(BcryptHash(text) == nil)
    }

    @Test func `a decoy is a hash that is computed like others, and no password has`() {
        for cost in [4, 10] {
            let decoy = BcryptHash.decoy(cost: cost)
            #expect(BcryptHash(decoy.text) == decoy)
        }
        #expect(!BcryptHash.decoy(cost: 4).matches(""))
    }

    @Test func `the digest is SHA-256`() {
        // FIPS 180-2, appendix B.
        let expected = SHA256Digest(hexadecimal: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(expected != nil)
        #expect(SHA256Digest(of: Array("abc".utf8)) == expected)
        #expect(SHA256Digest(of: []) != expected)
        #expect(SHA256Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
        #expect(SHA256Digest(hexadecimal: "ba78") == nil)
    }
}
