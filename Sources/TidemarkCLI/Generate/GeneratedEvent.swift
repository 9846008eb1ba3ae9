// SPDX-License-Identifier: Apache-2.0

/// The event types that campaigns make. The raw value is the place in tables.
enum EventType: Int, CaseIterable {
    case impression, click, conversion, spend
}

/// All that a line is written from: rendering the same value twice gives the same bytes.
///
/// Plain numbers only, 40 bytes, so that a delayed line costs no allocation.
struct GeneratedEvent {
    var timeMilliseconds: Int64
    /// The slot in which the event was first written; its `id` derives from it.
    var slot: UInt64
    /// `cost`, `revenue` or `amount` in millionths of the currency; 0 when the line has none.
    var moneyMicros: Int64
    var customer: UInt32
    /// Index over all ads of all campaigns.
    var creative: UInt16
    var campaign: UInt8
    /// Device, region and variant in one; see `Placement`.
    var placement: UInt8
    var type: EventType
}

/// Device, region and variant packed into one index, 0 ..< 48.
enum Placement {
    static let count = Campaign.Device.allCases.count * Campaign.Region.allCases.count * Campaign.Variant.allCases.count

    static func index(device: Int, region: Int, variant: Int) -> Int {
        (device << 4) | (region << 1) | variant
    }

    static func device(of index: Int) -> Int { index >> 4 }
    static func region(of index: Int) -> Int { (index >> 1) & 7 }
    static func variant(of index: Int) -> Int { index & 1 }
}
