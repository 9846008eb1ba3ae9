// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Decoded and validated events in flat arrays, ready to be deduplicated and aggregated.
///
/// A batch is filled by one thread, then handed to another; it is never shared. It owns every byte it holds, so the
/// text it was read from may go.
public final class EventBatch: @unchecked Sendable {
    // Unchecked: moved from the decoding thread to the aggregating one, never shared.

    /// One event, or one member of an object of the event before it.
    struct Entry: BitwiseCopyable {
        /// Keyed fingerprint of (source, id), or 0 for an event without an id.
        var fingerprint: UInt64
        /// Hash of the key's bytes.
        var keyHash: UInt64
        /// Milliseconds since the Unix epoch.
        var time: Int64
        /// Where the key begins in `keys`.
        var keyOffset: UInt32
        var keyLength: UInt32
        /// Where the values of the route's value fields begin in `values`.
        var valueOffset: UInt32
        /// What tells a conflict from a duplicate.
        var digest: UInt32
        /// Index of the event's type in the schema.
        var route: UInt32
        /// Whether it is a member, which counts when its event does.
        var isMember = false
        /// Of a member with a bin of a baseline: the place of the feature among the bins, or -1.
        var feature: Int32 = -1
    }

    /// How one value is to be read.
    enum ValueKind {
        static let absent: UInt8 = 0
        static let micros: UInt8 = 1
        /// The bits of a Float64, where millionths do not do.
        static let inexact: UInt8 = 2
        /// The bits of a Float64, as a gauge is set.
        static let level: UInt8 = 3
        /// The hash of a text.
        static let element: UInt8 = 4
        /// The bucket of the number before it.
        static let bucket: UInt8 = 5
    }

    /// The schema by which the events were read.
    let schema: EventSchema
    /// When the events arrived.
    public private(set) var arrival: Timestamp

    /// The arrays of a batch.
    struct Storage: ~Copyable {
        var entries = GrowableBuffer<Entry>(capacity: 1_024)
        /// Keys: for each field of the route's key two bytes of length, little-endian, and the value's bytes.
        var keys = GrowableBuffer<UInt8>(capacity: 65_536)
        var values = GrowableBuffer<Int64>(capacity: 1_024)
        var valueKinds = GrowableBuffer<UInt8>(capacity: 1_024)
        /// How many entries are members.
        var members = 0

        mutating func removeAll() {
            entries.removeAll()
            keys.removeAll()
            values.removeAll()
            valueKinds.removeAll()
            members = 0
        }
    }

    private let box = UnsafeBox(Storage())

    /// The arrays; valid as long as the batch.
    var storage: UnsafeMutablePointer<Storage> { box.pointer }

    /// Events that no definition uses.
    public internal(set) var unmatched = 0
    /// Events that were not accepted, in the order of the text; the lines count from 1 in this batch's text.
    public internal(set) var rejects: [Reject] = []
    /// Lines of the text that went into this batch.
    public internal(set) var lines = 0

    /// Bytes of the text that were read.
    public internal(set) var consumed = 0

    init(schema: EventSchema, arrival: Timestamp) {
        self.schema = schema
        self.arrival = arrival
    }

    /// Forgets all events; the memory stays, so that filling it again costs no page faults.
    func removeAll(arrival: Timestamp) {
        storage.pointee.removeAll()
        self.arrival = arrival
        unmatched = 0
        rejects = []
        lines = 0
        consumed = 0
    }

    /// How many events are to be deduplicated and aggregated.
    public var count: Int { storage.pointee.entries.count - storage.pointee.members }

    /// The key of an entry.
    @inline(__always)
    func key(of entry: Entry) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: storage.pointee.keys.base + Int(entry.keyOffset), count: Int(entry.keyLength))
    }
}
