// SPDX-License-Identifier: Apache-2.0

/// One series of a remote write request: views of the request's bytes, in memory that the next one uses again.
struct RemoteTimeSeries {
    /// A label's name and value, as they came: in any order, of any bytes.
    struct Label {
        var name: UnsafeRawBufferPointer
        var value: UnsafeRawBufferPointer
    }

    /// The name of the metric is among them.
    var labels: [Label] = []
    /// Milliseconds since the Unix epoch.
    var times: [Int64] = []
    /// Bits of values.
    var values: [UInt64] = []
    var histograms = 0
    var exemplars = 0
    /// The number of the metric's type: that of OpenMetrics' types in `MetricType`; nil when nothing is said.
    var type: UInt64?
    var help: UnsafeRawBufferPointer?

    /// Forgets everything but the memory.
    mutating func clear() {
        labels.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms = 0
        exemplars = 0
        type = nil
        help = nil
    }
}

/// What a v1 request says of a metric, beside series.
struct RemoteMetadata {
    var name: UnsafeRawBufferPointer
    /// As in ``RemoteTimeSeries``.
    var type: UInt64
    var help: UnsafeRawBufferPointer
}

/// Which of the two messages of remote write is meant.
public enum RemoteWriteVersion: String, Sendable {
    /// `prometheus.WriteRequest`, of specification 1.0.
    case v1
    /// `io.prometheus.write.v2.Request`, of specification 2.0.
    case v2

    /// The `Content-Type` of its requests.
    var contentType: String {
        switch self {
        case .v1: "application/x-protobuf"
        case .v2: "application/x-protobuf;proto=io.prometheus.write.v2.Request"
        }
    }

    /// The `X-Prometheus-Remote-Write-Version` of its requests.
    var number: String {
        switch self {
        case .v1: "0.1.0"
        case .v2: "2.0.0"
        }
    }
}
