// SPDX-License-Identifier: Apache-2.0

import YAML

/// Posts to one endpoint. Blocks; one thread at a time.
final class EndpointClient {
    private let settings: EndpointSettings
    private let url: EndpointURL
    private let curl: CurlHandle

    /// - Throws: `NotifyError` when the settings cannot be used; secrets are not looked at yet.
    init(_ settings: EndpointSettings) throws(NotifyError) {
        guard let url = EndpointURL(settings.url) else { throw NotifyError("an endpoint's URL is not one") }
        self.settings = settings
        self.url = url
        do {
            curl = try CurlHandle()
            // With another name in the URL libcurl sends that name and looks for it in the certificate; where it connects
            // to is said with each request.
            let url = url.text(host: settings.tls.serverName)
            try curl.set(url: url, timeout: settings.timeout, userAgent: "Tidemark/\(BuildInformation.version)")
            try curl.set(settings.tls)
        } catch {
            throw NotifyError(error.message)
        }
    }

    /// What came of a request.
    struct Exchange {
        var outcome: RequestOutcome
        /// The status of the answer; nil when there was none.
        var status: Int?
        /// Those headers of the answer that were asked for and are there.
        var headers: [String: String] = [:]
    }

    /// Posts and says what came of it, in words without secrets.
    ///
    /// - Parameter isAborted: asked from time to time; true breaks the request off, within about a second.
    func post(_ request: OutgoingRequest, isAborted: @escaping () -> Bool) -> RequestOutcome {
        exchange(request, isAborted: isAborted).outcome
    }

    /// The same, with the status and some headers of the answer.
    func exchange(
        _ request: OutgoingRequest,
        answerHeaders: [String] = [],
        isAborted: @escaping () -> Bool
    ) -> Exchange {
        let credentials: Credentials
        do {
            credentials = try Credentials(settings)
        } catch {
            return Exchange(outcome: .retry(reason: error.description, after: nil))
        }
        let secrets = credentials.secrets + secretsOfURL
        let lines =
            ["Content-Type: \(request.contentType)", "Expect:", "Host: \(url.authority)"]
            + request.headers.map { "\($0.name): \($0.value)" } + credentials.lines
        let place = settings.tls.serverName.map { _ in "::\(url.host):\(url.effectivePort)" }
        do {
            if let basic = credentials.basic { try curl.set(username: basic.username, password: basic.password) }
            guard let answer = try curl.post(request.body, headers: lines, connectTo: place, isAborted: isAborted)
            else { return Exchange(outcome: .aborted) }
            let outcome = RequestOutcome(
                status: answer.status,
                retryAfter: answer.retryAfter.map { .seconds($0) },
                body: printable(answer.body, without: secrets)
            )
            let headers = answerHeaders.compactMap { name in curl.answerHeader(name).map { (name, $0) } }
            return Exchange(
                outcome: outcome,
                status: answer.status,
                headers: Dictionary(headers) { first, _ in first }
            )
        } catch {
            return Exchange(outcome: .retry(reason: LoggedText.clean(error.message, without: secrets), after: nil))
        }
    }

    private var secretsOfURL: [String] {
        guard let user = url.userInfo else { return [] }
        return [user] + user.split(separator: ":", maxSplits: 1).dropFirst().map { String($0) }
    }

    /// What may be told of an answer. One that repeats basic authentication has the password in another alphabet.
    private func printable(_ body: [UInt8], without secrets: [String]) -> String {
        let text = String(decoding: body, as: UTF8.self)
        return text.lowercased().contains("basic ") ? "" : LoggedText.clean(text, without: secrets)
    }
}

/// The secrets of one request, as they are in their files now.
private struct Credentials {
    /// Header lines.
    var lines: [String] = []
    /// Name and password.
    var basic: (username: String, password: String)?
    /// All of them, so that none is printed.
    var secrets: [String] = []

    /// - Throws: `FileError` when a file cannot be read.
    init(_ settings: EndpointSettings) throws(FileError) {
        for (name, secret) in settings.headers {
            let value = try secret.read()
            secrets.append(value)
            // libcurl takes a line that ends in a semicolon for a header without a value.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        switch settings.authorization {
        case .basic(let username, let password):
            let text = try password.read()
            secrets.append(text)
            basic = (username, text)
        case .bearer(let token):
            let text = try token.read()
            secrets.append(text)
            lines.append("Authorization: Bearer \(text)")
        case nil: break
        }
    }
}

extension Duration {
    /// Whole milliseconds, cut.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
