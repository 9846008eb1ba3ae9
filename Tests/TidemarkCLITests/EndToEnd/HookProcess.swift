// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A server that writes down, line by line, what is posted to it.
final class HookProcess {
    struct Payload: Decodable {
        struct Alert: Decodable {
            let labels: [String: String]
            let startsAt: String
        }
        let status: String
        let alerts: [Alert]
        /// The header `Idempotency-Key`.
        let key: String?
    }

    let port: UInt16
    private let process = Process()
    private let file: String

    private static let script = """
        import http.server, json, sys
        class Hook(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body["key"] = self.headers.get("Idempotency-Key")
                with open(sys.argv[2], "a") as file: file.write(json.dumps(body) + "\\n")
                self.do_GET()
            def log_message(self, *arguments): pass
        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
        """

    init(_ folder: String) throws {
        port = try freePort()
        file = folder + "/payloads"
        FileManager.default.createFile(atPath: file, contents: nil)
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, String(port), file]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func payloads() throws -> [Payload] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map { line in
            try JSONDecoder().decode(Payload.self, from: Data(line.utf8))
        }
    }

    deinit {
        // Not SIGTERM: a child inherits what the test runner ignores.
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
