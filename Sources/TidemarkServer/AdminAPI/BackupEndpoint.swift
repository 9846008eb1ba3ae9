// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Tidemark

/// `POST /api/v1/admin/backup?name=NAME`: a backup below the server's backup folder, answered when it is durable.
///
/// | status | when |
/// |---|---|
/// | 200 | `{"path":…,"bytes":…,"commits":…}` |
/// | 400 | the name is none |
/// | 409 | a backup is under way, or there is one of that name |
/// | 503 | the admin API is off; the store is poisoned or closing |
/// | 507 | too little room is left on the disk |
struct BackupEndpoint: Sendable {
    let store: any EventStore
    /// Where backups go; nil: the admin API is off.
    let folder: String?
    let clock: any WallClock

    func respond(to request: Request) async throws -> Response {
        guard let folder else {
            throw APIError(.serviceUnavailable, "admin APIs disabled; start the server with --enable-admin-api")
        }
        let asked = request.uri.query == nil ? nil : request.uri.queryParameters["name"].map { String($0) }
        let name = asked ?? BackupEndpoint.name(at: clock.now)
        guard BackupEndpoint.isName(name) else {
            throw APIError(
                .badRequest,
                "a backup's name is 1 to 100 letters, digits, '-', '_' and '.', and neither begins with '.' nor ends with "
                    + "'.tmp'"
            )
        }
        let store = store
        let report: BackupReport
        do {
            report = try await SenderThread.run { try store.backup(to: folder + "/" + name) }
        } catch let error as MetricsStoreError {
            throw BackupEndpoint.answer(error)
        }
        var path = ""
        appendJSON(report.path, to: &path)
        let json = #"{"path":\#(path),"bytes":\#(report.bytes),"commits":\#(report.commits)}"#
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json))
        )
    }

    /// One part of a path, and none that hides or leads elsewhere.
    static func isName(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasSuffix(".tmp")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// `2026-03-01T120000.123Z`: no colons, which some file systems do not take.
    static func name(at time: Timestamp) -> String {
        time.rfc3339.filter { $0 != ":" }
    }

    private static func answer(_ error: MetricsStoreError) -> APIError {
        switch error.code {
        case .busy, .exists: APIError(.conflict, error.message)
        case .diskFull: APIError(.init(code: 507, reasonPhrase: "Insufficient Storage"), error.message)
        case .closed, .poisoned, .interrupted: APIError(.serviceUnavailable, error.message)
        default: APIError(.internalServerError, error.description)
        }
    }
}
