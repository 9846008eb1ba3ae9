// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hummingbird
import Tidemark

/// `/api/v1/status/…`: what the server says of itself, in the shapes of Prometheus.
struct StatusEndpoint: Sendable {
    let runner: QueryRunner
    let configuration: ServerConfiguration
    /// When the server started.
    let started: Timestamp

    /// `runtimeinfo`. What Go's runtime would say is 0 or empty.
    func runtimeInformation() -> AnswerBody {
        let directory = getcwd(nil, 0).map { path in
            defer { free(path) }
            return String(cString: path)
        }
        var host = [CChar](repeating: 0, count: 256)
        let hasHost = gethostname(&host, host.count - 1) == 0
        let name = hasHost ? String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
        return .success { json in
            json.append(#"{"startTime":"#)
            json.append(string: started.rfc3339)
            json.append(#","CWD":"#)
            json.append(string: directory ?? "")
            json.append(#","hostname":"#)
            json.append(string: name)
            json.append(#","serverTime":"#)
            json.append(string: runner.clock.now.rfc3339)
            json.append(#","reloadConfigSuccess":true,"lastConfigTime":"#)
            json.append(string: started.rfc3339)
            json.append(#","corruptionCount":0,"goroutineCount":0,"GOMAXPROCS":"#)
            json.append(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            json.append(#","GOMEMLIMIT":0,"GOGC":"","GODEBUG":"","storageRetention":""}"#)
            return false
        }
    }

    /// `flags`: the settings of queries, by the names of Prometheus's flags.
    func flags() -> AnswerBody {
        let options = configuration.queryOptions
        let flags: KeyValuePairs<String, String> = [
            "query.lookback-delta": seconds(options.lookback),
            "query.max-concurrency": String(configuration.maximumQueries),
            "query.max-samples": String(options.maximumSamples),
            "query.timeout": seconds(options.timeout),
            "web.listen-address": configuration.listen.description,
        ]
        return .success { json in
            for (index, flag) in flags.enumerated() {
                json.append(index == 0 ? "{" : ",")
                json.append(string: flag.key)
                json.append(":")
                json.append(string: flag.value)
            }
            json.append("}")
            return false
        }
    }

    /// `config`: there is no such file of Prometheus's.
    func configurationFile() -> AnswerBody { .success(json: #"{"yaml":""}"#) }

    /// `tsdb`: how many series there are, by name, and how many values labels have. Parameter: `limit`, 10 unless given.
    func store(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        let limit = try parameters.limit()
        return try await runner.answer(request, context) { [runner] source, work in
            let cardinality = try Cardinality(of: source, limit: limit == 0 ? 10 : limit, work)
            let statistics = runner.store.statistics()
            return .success { json in
                json.append(#"{"headStats":{"numSeries":"#)
                json.append(statistics.series)
                json.append(#","numLabelPairs":"#)
                json.append(cardinality.labelPairs)
                json.append(#","chunkCount":0,"minTime":0,"maxTime":"#)
                json.append(Int(statistics.watermark?.milliseconds ?? 0))
                json.append(#"},"seriesCountByMetricName":"#)
                json.append(counts: cardinality.seriesByName)
                json.append(#","labelValueCountByLabelName":"#)
                json.append(counts: cardinality.valuesByLabel)
                json.append(#","memoryInBytesByLabelName":"#)
                json.append(counts: cardinality.bytesByLabel)
                json.append(#","seriesCountByLabelValuePair":[]}"#)
                return false
            }
        }
    }

    private func seconds(_ milliseconds: Int64) -> String {
        milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}

extension JSONPieces {
    /// Appends `[{"name":"x","value":1}]`.
    fileprivate mutating func append(counts: [Cardinality.Count]) {
        append("[")
        for (index, count) in counts.enumerated() {
            append(index == 0 ? #"{"name":"# : #",{"name":"#)
            append(string: count.name)
            append(#","value":"#)
            append(count.value)
            append("}")
        }
        append("]")
    }
}
