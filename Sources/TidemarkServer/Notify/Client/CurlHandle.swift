// SPDX-License-Identifier: Apache-2.0

import CCurl

/// What libcurl reports.
struct CurlError: Error {
    let message: String

    init(_ message: String) { self.message = message }

    init(_ code: CURLcode) { message = String(cString: curl_easy_strerror(code)) }
}

/// A handle of libcurl: it keeps its connections and uses them again.
///
/// One thread at a time. This file is the only one that knows libcurl. Signals are off (`CURLOPT_NOSIGNAL`), the
/// environment's proxies and `.netrc` are not looked at, redirects are not followed.
final class CurlHandle {
    /// An answer; the body as far as ``bodyLimit``.
    struct Answer {
        var status: Int
        /// Seconds, from the header `Retry-After`, a date reckoned from now.
        var retryAfter: Int?
        var body: [UInt8]
    }

    /// So much of an answer is kept, the rest is read and forgotten.
    static let bodyLimit = 64 << 10

    private static let isReady = ccurl_global_init() == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    /// libcurl writes the words for an error here.
    private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init() throws(CurlError) {
        guard CurlHandle.isReady, let handle = curl_easy_init() else { throw CurlError("libcurl cannot be set up") }
        self.handle = handle
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try set(CURLOPT_ERRORBUFFER, pointer: words)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOPROXY, "*")
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_NOPROGRESS, 0)
        // A timeout does not wait for a name server that is slower than it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try check(ccurl_set_write_function(handle) { Transfer.receive($0, $1, $2, $3) })
        try check(ccurl_set_progress_function(handle) { context, _, _, _, _ in Transfer.progress(context) })
    }

    deinit {
        curl_easy_cleanup(handle)
        words.deallocate()
    }

    // MARK: - Options, of all requests to come

    /// Where to, how long at most, and as whom.
    func set(url: String, timeout: Duration, userAgent: String) throws(CurlError) {
        try set(CURLOPT_URL, url)
        // 0 would be without end.
        let milliseconds = max(1, Int(clamping: timeout.milliseconds))
        try set(CURLOPT_TIMEOUT_MS, milliseconds)
        try set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
        try set(CURLOPT_USERAGENT, userAgent)
    }

    /// Which certificates are trusted and shown.
    func set(_ tls: EndpointSettings.TLS) throws(CurlError) {
        if let authorities = tls.authorities {
            try set(CURLOPT_CAINFO, authorities)
            // Debian's directory of authorities would be trusted as well.
            try set(CURLOPT_CAPATH, nil)
        }
        if let certificate = tls.certificate { try set(CURLOPT_SSLCERT, certificate) }
        if let key = tls.key { try set(CURLOPT_SSLKEY, key) }
        try set(CURLOPT_SSL_VERIFYPEER, tls.isInsecure ? 0 : 1)
        try set(CURLOPT_SSL_VERIFYHOST, tls.isInsecure ? 0 : 2)
    }

    /// Basic authentication.
    func set(username: String, password: String) throws(CurlError) {
        try set(CURLOPT_HTTPAUTH, ccurl_auth_basic)
        try set(CURLOPT_USERNAME, username)
        try set(CURLOPT_PASSWORD, password)
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(ccurl_set_long(handle, option, value))
    }

    /// Sets a text, which libcurl copies; nil: what the option is without one.
    private func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(ccurl_set_text(handle, option, value))
    }

    private func set(_ option: CURLoption, pointer: UnsafeRawPointer?) throws(CurlError) {
        try check(ccurl_set_pointer(handle, option, pointer))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else { throw CurlError(code) }
    }

    // MARK: - Requests

    /// Posts a body and waits for the answer; blocks, within the timeout that was set.
    ///
    /// - Parameters:
    ///   - headers: whole lines.
    ///   - connectTo: `::host:port` to connect to, whatever the URL says.
    ///   - isAborted: asked about once a second, and more often while something moves; true ends the request.
    /// - Returns: nil when it was aborted.
    /// - Throws: `CurlError` when there was no answer.
    func post(
        _ body: [UInt8],
        headers: [String],
        connectTo: String? = nil,
        isAborted: @escaping () -> Bool
    ) throws(CurlError) -> Answer? {
        let lines = List(headers)
        let place = List(connectTo.map { [$0] } ?? [])
        try check(ccurl_set_list(handle, CURLOPT_HTTPHEADER, lines.first))
        try check(ccurl_set_list(handle, CURLOPT_CONNECT_TO, place.first))
        try set(CURLOPT_POST, 1)
        try check(ccurl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let transfer = Transfer(isAborted: isAborted)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try set(CURLOPT_WRITEDATA, pointer: context)
        try set(CURLOPT_XFERINFODATA, pointer: context)
        words[0] = 0
        let code = body.withUnsafeBufferPointer { body in
            // Not copied: it stays where it is until the request is over.
            let code = ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress)
            return code == CURLE_OK ? curl_easy_perform(handle) : code
        }
        // Nothing of this request is pointed to once it is over.
        for option in [CURLOPT_POSTFIELDS, CURLOPT_WRITEDATA, CURLOPT_XFERINFODATA] {
            try set(option, pointer: nil)
        }
        for option in [CURLOPT_HTTPHEADER, CURLOPT_CONNECT_TO] { try check(ccurl_set_list(handle, option, nil)) }
        withExtendedLifetime((lines, place, transfer)) {}
        if code == CURLE_ABORTED_BY_CALLBACK { return nil }
        guard code == CURLE_OK else {
            throw words[0] == 0 ? CurlError(code) : CurlError(String(cString: words))
        }
        return Answer(status: try status(), retryAfter: retryAfter(), body: transfer.body)
    }

    /// A header of the last answer, by its name in any case; nil when it is not there.
    func answerHeader(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK, let header else {
            return nil
        }
        return String(cString: header.pointee.value)
    }

    private func status() throws(CurlError) -> Int {
        var status = 0
        try check(ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status))
        return status
    }

    private func retryAfter() -> Int? {
        var seconds: curl_off_t = 0
        guard ccurl_get_size(handle, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK, seconds > 0 else { return nil }
        return Int(seconds)
    }
}

/// What the callbacks of one request need.
private final class Transfer {
    private(set) var body: [UInt8] = []
    private let isAborted: () -> Bool

    init(isAborted: @escaping () -> Bool) { self.isAborted = isAborted }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ size: Int,
        _ count: Int,
        _ context: UnsafeMutableRawPointer?
    ) -> Int {
        guard let bytes, let transfer = Transfer.of(context) else { return size * count }
        let room = min(size * count, CurlHandle.bodyLimit - transfer.body.count)
        transfer.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: room))
        return size * count
    }

    /// Not 0: the request is to end.
    static func progress(_ context: UnsafeMutableRawPointer?) -> Int32 {
        Transfer.of(context)?.isAborted() == true ? 1 : 0
    }
}

/// libcurl's list of texts, freed with its owner.
private final class List {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ texts: [String]) {
        for text in texts {
            // Out of memory leaves the list as it is.
            if let longer = curl_slist_append(first, text) { first = longer }
        }
    }

    deinit { curl_slist_free_all(first) }
}
