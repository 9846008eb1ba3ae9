// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
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

    @Test func `a password that was right is not computed again, a wrong one is`() async throws {
        let verifier = PasswordVerifier()
        let hash = try #require(BcryptHash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
        func ask(_ password: String, of user: String = "a", _ hash: BcryptHash?) async throws -> Bool {
            try await verifier.isRight(password, of: user, hash: hash, decoyCost: 4)
        }
        #expect(try await ask("U*U", hash))
        #expect(try await ask("U*U", hash))
        #expect(try await !ask("U*U", of: "b", nil), "who is not there has no password")
        #expect(try await !ask("U*U*", hash))
        // Another hash is another password, whatever was remembered.
        let other = try #require(BcryptHash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"))
        #expect(try await !ask("U*U", other))
        #expect(try await ask("U*U*", other))
    }

    @Test func `more passwords than may wait are refused, and the others are answered`() async throws {
        let verifier = PasswordVerifier()
        // Each takes tens of milliseconds, so that none is done before the last has come.
        let hash = try #require(BcryptHash("$2a$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
        let refusals = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<(PasswordVerifier.maximumWaiting + 20) {
                group.addTask {
                    do throws(APIError) {
                        _ = try await verifier.isRight("wrong \(number)", of: "a", hash: hash, decoyCost: 4)
                        return nil
                    } catch {
                        return error.status.code
                    }
                }
            }
            return await group.reduce(into: [Int]()) { if let code = $1 { $0.append(code) } }
        }
        #expect(!refusals.isEmpty)
        #expect(Set(refusals) == [503])
        #expect(refusals.count <= 20)
    }
}
