// SPDX-License-Identifier: Apache-2.0

import YAML

extension EndpointSettings {
    /// Headers that are HTTP's own business.
    private static let reserved: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// Reads the keys `headers` and `header_files`, behind those of the authorization.
    ///
    /// - Parameter alsoReserved: more headers that cannot be set, in lower case.
    mutating func readHeaders(
        _ members: [String: YAMLValue],
        folder: String,
        alsoReserved: Set<String> = []
    ) throws(FileError) {
        for (key, value) in try members["headers"]?.pairs() ?? [] {
            try check(header: key, at: value, alsoReserved: alsoReserved)
            headers[key] = try secretText(value)
        }
        for (key, value) in try members["header_files"]?.pairs() ?? [] {
            try check(header: key, at: value, alsoReserved: alsoReserved)
            headers[key] = try secretFile(value, folder: folder)
        }
    }

    /// - Throws: when a header of this name cannot be added.
    func check(header name: String, at value: YAMLValue, alsoReserved: Set<String> = []) throws(FileError) {
        guard HeaderText.isName(name) else { throw value.fault("'\(name)' is not the name of a header") }
        let folded = name.lowercased()
        guard !EndpointSettings.reserved.contains(folded), !alsoReserved.contains(folded) else {
            throw value.fault("the header '\(name)' cannot be set")
        }
        guard folded != "authorization" || authorization == nil else {
            throw value.fault("the header '\(name)' is made of basic_auth or of the bearer token already")
        }
        guard !headers.keys.contains(where: { $0.lowercased() == folded }) else {
            throw value.fault("the header '\(name)' is given twice")
        }
    }
}
