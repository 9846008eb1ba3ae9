// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What the header `Authorization` of a request says, as far as it is used here.
enum PresentedCredentials: Equatable, Sendable {
    /// Name and password (RFC 7617).
    case basic(name: String, password: String)
    /// A token (RFC 6750).
    case bearer(String)

    /// Reads the header's value; nil for another scheme and for what is damaged.
    init?(_ header: String) {
        guard let space = header.firstIndex(of: " ") else { return nil }
        let rest = header[space...].drop { $0 == " " }
        switch header[..<space].lowercased() {
        case "basic":
            guard let bytes = Data(base64Encoded: String(rest)), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            self = .basic(name: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        case "bearer":
            guard !rest.isEmpty, !rest.contains(" ") else { return nil }
            self = .bearer(String(rest))
        default:
            return nil
        }
    }
}
