// SPDX-License-Identifier: Apache-2.0

import CCrypto

/// The SHA-256 of some bytes. This file is the only one that knows libcrypto, which libcurl has loaded in any case.
struct SHA256Digest: Equatable, Sendable {
    /// 32 of them.
    let bytes: [UInt8]

    /// Of a message.
    init(of message: [UInt8]) {
        bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { digest, count in
            _ = SHA256(message, message.count, digest.baseAddress)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// Reads 64 hexadecimal digits; nil for anything else.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Int(SHA256_DIGEST_LENGTH) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = TidemarkServer.hexadecimal(digits[index]),
                let low = TidemarkServer.hexadecimal(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// In constant time.
    static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        isEqualInConstantTime(left.bytes, right.bytes)
    }
}
