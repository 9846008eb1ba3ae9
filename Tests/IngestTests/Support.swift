// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TimeSeries

@testable import Ingest

/// When every text of these tests arrives: 2025-06-15T15:06:40Z.
let arrival = Timestamp(seconds: 1_750_000_000)

let testKey = HashKey(first: 0x0706_0504_0302_0100, second: 0x0f0e_0d0c_0b0a_0908)

/// Clicks and money, the least that has labels, a condition and several value fields.
let testDefinitions = [
    MetricDefinition(name: "clicks_total", help: "Clicks.", events: ["click"], labels: ["campaign", "device"]),
    MetricDefinition(
        name: "spend_total",
        help: "Money.",
        events: ["click", "spend"],
        value: ["cost", "amount"],
        labels: ["campaign", "currency"]
    ),
]

let testSchema = EventSchema(testDefinitions)

/// `#expect` for the inside of long loops, where its bookkeeping would take most of the time.
func check(
    _ condition: Bool,
    _ comment: @autoclosure () -> Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record(comment(), sourceLocation: sourceLocation) }
}

// MARK: - Text in, events out

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func decode(
    _ text: [UInt8],
    _ format: EventFormat = .ndjson,
    mapping: EventMapping? = nil,
    schema: EventSchema = testSchema
) -> EventBatch {
    let decoder = EventDecoder(schema: schema, key: testKey, mapping: mapping)
    return text.withUnsafeBytes { decoder.decode($0, format: format, arrival: arrival) }
}

func decode(
    _ text: String,
    _ format: EventFormat = .ndjson,
    mapping: EventMapping? = nil,
    schema: EventSchema = testSchema
) -> EventBatch {
    decode(bytes(text), format, mapping: mapping, schema: schema)
}

/// Calls a function of bytes with the bytes of a text.
func withBytes<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    Array(text.utf8).withUnsafeBufferPointer(body)
}

extension EventBatch {
    /// The events as lines such as `click campaign=spring cost=250000 @1750000000000 #`: labels in the order of the
    /// key, values in millionths under the name of their first field (`~` before a Float64, `:` before a gauge's, `[3]`
    /// is a bucket, `*` an element), the time unless it is that of arrival, `#` when the event has an identity.
    var events: [String] {
        storage.pointee.entries.elements.map { entry in
            let route = schema.routes[Int(entry.route)]
            var words = [route.type]
            var key = Array(key(of: entry))[...]
            for field in route.keyFields {
                let length = Int(key.removeFirst()) | Int(key.removeFirst()) << 8
                if length > 0 {
                    words.append("\(schema.fieldNames[field])=\(String(decoding: key.prefix(length), as: UTF8.self))")
                }
                key = key.dropFirst(length)
            }
            for value in route.values {
                let name = schema.fieldNames[value.fields[0]]
                for place in value.place..<(value.place + value.form.width) {
                    let bits = storage.pointee.values.base[Int(entry.valueOffset) + place]
                    let number = Double(bitPattern: UInt64(bitPattern: bits))
                    switch storage.pointee.valueKinds.base[Int(entry.valueOffset) + place] {
                    case ValueKind.micros: words.append("\(name)=\(bits)")
                    case ValueKind.inexact: words.append("\(name)~\(number)")
                    case ValueKind.level: words.append("\(name):\(number)")
                    case ValueKind.element: words.append("\(name)*")
                    case ValueKind.bucket: words.append("[\(bits)]")
                    default: break
                    }
                }
            }
            if entry.time != arrival.milliseconds { words.append("@\(entry.time)") }
            if entry.fingerprint != 0 { words.append("#") }
            return words.joined(separator: " ")
        }
    }

    /// The rejects as `line reason`.
    var faults: [String] { rejects.map { "\($0.line) \($0.reason.name)" } }

    var fingerprints: [UInt64] { storage.pointee.entries.elements.map(\.fingerprint) }

    var digests: [UInt32] { storage.pointee.entries.elements.map(\.digest) }
}

// MARK: - Events in, counters out

/// The series of a store, in a dictionary.
final class MemoryDirectory: SeriesDirectory {
    private(set) var names: [(family: MetricFamily, labels: Labels)] = []
    private var numbers: [[UInt8]: SeriesID] = [:]
    private var counts: [String: Int] = [:]

    private func key(_ family: MetricFamily, _ labels: Labels) -> [UInt8] {
        bytes(family.name + labels.expositionText)
    }

    func find(family: MetricFamily, labels: Labels) -> SeriesID? { numbers[key(family, labels)] }

    func count(of family: MetricFamily) -> Int { counts[family.name, default: 0] }

    func create(family: MetricFamily, labels: Labels) -> SeriesID {
        precondition(find(family: family, labels: labels) == nil, "a series is made once")
        let series = SeriesID(UInt32(names.count))
        names.append((family, labels))
        counts[family.name, default: 0] += 1
        numbers[key(family, labels)] = series
        return series
    }

    func name(of series: SeriesID) -> String {
        names[Int(series.number)].family.name + names[Int(series.number)].labels.expositionText
    }
}

/// A pipeline over a directory in memory, with everything it commits.
final class Ingestion {
    let schema: EventSchema
    let directory = MemoryDirectory()
    let pipeline: IngestPipeline
    var commit = Commit(arrival: arrival)
    var number: UInt32 = 1
    var checkpointed = Slot(0)
    private(set) var report = IngestReport()

    init(
        _ definitions: [MetricDefinition] = testDefinitions,
        resolution: SlotResolution = .standard,
        deduplicator: Deduplicator = Deduplicator(windowSeconds: 86_400, memoryLimit: 1 << 30, archive: nil),
        baselines: [Baseline] = []
    ) {
        schema = EventSchema(definitions, baselines: baselines)
        pipeline = IngestPipeline(
            schema: schema,
            resolution: resolution,
            deduplicator: deduplicator,
            joins: JoinState(schema),
            directory: directory
        )
    }

    @discardableResult
    func add(_ batch: EventBatch) throws -> IngestReport {
        let added = try pipeline.add(batch, to: &commit, number: number, checkpointed: checkpointed)
        report.add(added)
        return added
    }

    @discardableResult
    func add(_ text: String, _ format: EventFormat = .ndjson, mapping: EventMapping? = nil) throws -> IngestReport {
        try add(decode(text, format, mapping: mapping, schema: schema))
    }

    /// What every series has grown by in each slot: `name{labels} slot` and units.
    var increments: [String: Int64] {
        var sums: [String: Int64] = [:]
        for increment in commit.increments {
            sums["\(directory.name(of: increment.series)) \(increment.slot.number)", default: 0] += increment.units
        }
        return sums
    }

    /// The points in their order: `name{labels} slot` and `@ms value` of a gauge, `[bin] +count`, `sum +millionths` or
    /// `sum ~value` of a histogram, `~value` of a counter, `r register rank` of a distinct count.
    var points: [String] {
        commit.points.map { point in
            let place = "\(directory.name(of: point.series)) \(point.slot.number)"
            let units = Int64(bitPattern: point.payload)
            let number = Double(bitPattern: point.payload)
            switch (directory.names[Int(point.series.number)].family.kind, point.detail) {
            case (.counter, PointDetail.inexact): return "\(place) ~\(number)"
            case (.gauge, let detail): return "\(place) @\(detail) \(number)"
            case (.histogram, PointDetail.exactSum): return "\(place) sum +\(units)"
            case (.histogram, PointDetail.inexactSum): return "\(place) sum ~\(number)"
            case (.histogram, let bin): return "\(place) [\(bin)] +\(units)"
            case (.distinct, let register) where units == 0: return "\(place) r \(register >> 6) \(register & 63)"
            default: return "\(place) faulty \(point)"
            }
        }
    }

    /// What every series has grown by.
    var totals: [String: Int64] {
        var sums: [String: Int64] = [:]
        for increment in commit.increments { sums[directory.name(of: increment.series), default: 0] += increment.units }
        return sums
    }

    /// The sum over the series whose name begins so.
    func total(_ prefix: String) -> Int64 {
        totals.reduce(0) { $0 + ($1.key.hasPrefix(prefix) ? $1.value : 0) }
    }
}

// MARK: - Files

/// The root of the package, whose neighbour `shared` holds the real data.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A file of `../shared/data`, or nil when it is not there.
func sharedData(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: packageRoot.appending(path: "../shared/data/\(name)"))).map { [UInt8]($0) }
}

/// Whether the real data is there. Tests that need it are skipped without it.
let hasSharedData = FileManager.default.fileExists(
    atPath: packageRoot.appending(path: "../shared/data/README.md").path
)

/// The definitions that are shipped.
func shippedDefinitions() throws -> [MetricDefinition] {
    try MetricDefinition.load([packageRoot.appending(path: "rules/metrics/campaign.yml").path])
}

func mapping(_ text: String) throws -> EventMapping {
    try EventMapping(text, file: "test.yml")
}
