// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HTTPTypes
import Synchronization
import Testing

@testable import TidemarkServer

@Suite struct PasswordVerifierTests {
    private let hash = BcryptHash.decoy(cost: 4)

    @Test func `a password that was right is not computed again, a wrong one is`() async throws {
        let computed = Mutex<[String]>([])
        let right = "secret"
        let verifier = PasswordVerifier { hash, password in
            computed.withLock { $0.append("\(password) \(hash.cost)") }
            return password == right && hash.cost == 4
        }
        func ask(_ password: String, of user: String = "a", _ hash: BcryptHash?) async throws -> Bool {
            try await verifier.isRight(password, of: user, hash: hash, decoyCost: 12)
        }
        #expect(try await ask(right, hash))
        #expect(try await ask(right, hash))
        #expect(computed.withLock { $0 } == ["secret 4"])
        #expect(try await !ask("wrong", hash))
        #expect(try await !ask("wrong", hash))
        #expect(computed.withLock { $0.count } == 3)
        // Who is not there costs what others cost, each time, and has no password: also the one of somebody else.
        #expect(try await !ask(right, of: "b", nil))
        #expect(try await !ask(right, of: "a", nil))
        #expect(computed.withLock { $0.suffix(2) } == ["secret 12", "secret 12"])
        // Another hash is another password, whatever was remembered.
        #expect(try await !ask(right, .decoy(cost: 5)))
        #expect(try await ask(right, hash))
        #expect(computed.withLock { $0.count } == 6)
        verifier.keep(["b"])
        #expect(try await ask(right, hash))
        #expect(computed.withLock { $0.count } == 7, "who was removed and comes again is a new one")
    }

    @Test func `more passwords than may wait are refused, and the others are answered`() async throws {
        let (started, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let verifier = PasswordVerifier { _, _ in
            started.signal()
            gate.wait()
            return false
        }
        let excess = 20
        let refusals = try await withThrowingTaskGroup(of: Int?.self) { [hash] group in
            func ask(_ number: Int) {
                group.addTask {
                    do throws(APIError) {
                        _ = try await verifier.isRight("\(number)", of: "a", hash: hash, decoyCost: 4)
                        return nil
                    } catch {
                        return error.status.code
                    }
                }
            }
            ask(0)
            try await onThread { started.wait() }
            // One is computed: as many as may wait do, and the rest does not.
            for number in 1...(PasswordVerifier.maximumWaiting + excess) { ask(number) }
            var refusals: [Int] = []
            for try await refusal in group {
                guard let refusal else { continue }
                refusals.append(refusal)
                if refusals.count == excess { for _ in 0...PasswordVerifier.maximumWaiting { gate.signal() } }
            }
            return refusals
        }
        #expect(refusals == [Int](repeating: 503, count: excess))
    }
}
