// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// What v1 requests have said of metrics, which they do apart from series and now and then.
final class RemoteMetadataTable: Sendable {
    private let known = Mutex<[String: (type: UInt64, help: String)]>([:])
    /// More names than that are not remembered.
    private static let most = 100_000

    /// Remembers what is said of a metric.
    func add(_ metadata: RemoteMetadata) {
        guard let name = String(validating: metadata.name, as: UTF8.self), !name.isEmpty else { return }
        let help = String(validating: metadata.help, as: UTF8.self) ?? ""
        known.withLock { known in
            guard known.count < RemoteMetadataTable.most || known[name] != nil else { return }
            known[name] = (metadata.type, help)
        }
    }

    /// Type and help of the metric that samples of a name belong to.
    func find(_ name: String) -> (type: UInt64, help: String) {
        known.withLock { known in
            if let exact = known[name] { return exact }
            for suffix in ["_bucket", "_sum", "_count", "_total"] where name.hasSuffix(suffix) {
                if let found = known[String(name.dropLast(suffix.count))] { return found }
            }
            return (UInt64(MetricType.unknown.rawValue), "")
        }
    }
}
