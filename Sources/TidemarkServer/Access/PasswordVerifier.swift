// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Synchronization

/// Checks passwords of basic authentication, one at a time, on a thread of its own, and remembers which were right.
///
/// bcrypt is slow so that guessing is. Were it run for each request, scrapes would cost more than what they read; were it
/// run for many requests at once, guessing would take the machine. What is remembered is no password but a digest of it
/// under a key of this process, one for each user. What was wrong is not remembered.
final class PasswordVerifier: Sendable {
    /// Passwords that may wait to be checked; one more is answered 503.
    static let maximumWaiting = 32

    private struct State {
        var waiting: [Check] = []
        var hasThread = false
        var verified: [String: SHA256Digest] = [:]
    }

    private struct Check: Sendable {
        var hash: BcryptHash
        var password: String
        var continuation: CheckedContinuation<Bool?, Never>
    }

    private let state = Mutex(State())
    private let key: [UInt8]
    private let compute: @Sendable (BcryptHash, String) -> Bool

    /// - Parameter compute: whether a hash is that of a password; blocks for as long as that takes.
    init(compute: @escaping @Sendable (BcryptHash, String) -> Bool = { $0.matches($1) }) {
        self.compute = compute
        var random = SystemRandomNumberGenerator()
        key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// Whether a user's password is right.
    ///
    /// - Parameters:
    ///   - hash: the user's; nil when there is no such user, which takes as long as a wrong password and is false.
    ///   - decoyCost: the cost of the hash that is checked then.
    /// - Throws: `APIError`, 503, when too many wait.
    func isRight(_ password: String, of user: String, hash: BcryptHash?, decoyCost: Int) async throws(APIError) -> Bool
    {
        let digest = digest(user: user, hash: hash, password: password)
        if hash != nil, state.withLock({ $0.verified[user] }) == digest { return true }
        let isRight = try await check(password, against: hash ?? .decoy(cost: decoyCost))
        guard hash != nil, isRight else { return false }
        state.withLock { $0.verified[user] = digest }
        return true
    }

    /// Forgets everybody that is none of these users any more.
    func keep(_ users: some Collection<String>) {
        let users = Set(users)
        state.withLock { state in state.verified = state.verified.filter { users.contains($0.key) } }
    }

    private func digest(user: String, hash: BcryptHash?, password: String) -> SHA256Digest {
        var message = key
        for part in [user, hash?.text ?? "", password] {
            // With their lengths, so that no two ways to cut a text are the same.
            withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { message += Array($0) }
            message += Array(part.utf8)
        }
        return SHA256Digest(of: message)
    }

    // MARK: - The thread

    private func check(_ password: String, against hash: BcryptHash) async throws(APIError) -> Bool {
        let isRight = await withCheckedContinuation { (continuation: CheckedContinuation<Bool?, Never>) in
            let check = Check(hash: hash, password: password, continuation: continuation)
            let (isAccepted, startsThread) = state.withLock { state in
                guard state.waiting.count < PasswordVerifier.maximumWaiting else { return (false, false) }
                state.waiting.append(check)
                defer { state.hasThread = true }
                return (true, !state.hasThread)
            }
            guard isAccepted else { return continuation.resume(returning: nil) }
            guard startsThread else { return }
            do throws(NotifyError) {
                try SenderThread.start { [self] in checkAll() }
            } catch {
                // Nobody is let in for want of a thread.
                refuseAll()
            }
        }
        guard let isRight else {
            throw APIError(.serviceUnavailable, "too many passwords are waiting to be checked", retryAfter: 1)
        }
        return isRight
    }

    /// Until nobody waits.
    private func checkAll() {
        while let next = next() {
            next.continuation.resume(returning: compute(next.hash, next.password))
        }
    }

    private func next() -> Check? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.hasThread = false
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    private func refuseAll() {
        while let next = next() { next.continuation.resume(returning: false) }
    }
}
