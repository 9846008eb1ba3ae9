// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Tidemark
import TidemarkServer

/// What a query was answered with, from wherever.
struct QueryAnswer {
    /// The `data` object of the query API, in pieces, a line feed at the end.
    let json: [[UInt8]]
    let warnings: [String]
    let infos: [String]

    /// The engine's answer.
    init(_ result: QueryResult) {
        var pieces = JSONPieces()
        pieces.append(data: result)
        pieces.append("\n")
        json = pieces.finish().map { Array($0.readableBytesView) }
        warnings = result.warnings
        infos = result.infos
    }

    /// A server's.
    init(json: [UInt8], warnings: [String], infos: [String]) {
        self.json = [json, [UInt8(ascii: "\n")]]
        self.warnings = warnings
        self.infos = infos
    }

    /// The samples, for tables.
    func samples() throws -> QuerySamples { try QuerySamples(json: json.flatMap { $0 }) }
}
