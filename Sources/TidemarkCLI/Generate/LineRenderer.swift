// SPDX-License-Identifier: Apache-2.0

/// Writes events as lines of JSON, from prepared pieces.
///
///     {"type":"click","id":"…","source":"edge","time":"…",         opening, id, source, time
///     "campaign":"brand-07","ad":"brand-07-3","channel":"search",  creative    (no ad: lean, spend)
///     "device":"mobile","region":"us","variant":"b",               placement   (no variant: lean; none: spend)
///     "customer":"u0a1b2c",                                        full only, not for spend
///     "cost":0.8215,"currency":"USD"}                              money, when there is any (no currency: lean)
///
/// `cost` is a number, `revenue` and `amount` are decimal strings: both forms that readers of events have to take.
struct LineRenderer: ~Copyable {
    private let isFull: Bool
    private let identity: RandomStream
    /// One for each event type, up to the value of `id`.
    private let openings: FragmentTable
    /// One for each event type, from the end of `id` to the value of `time`.
    private let sources: FragmentTable
    /// One for each ad, from the end of `time`.
    private let creatives: FragmentTable
    /// One for each campaign, from the end of `time`, for `spend`.
    private let campaigns: FragmentTable
    private let placements: FragmentTable
    /// One for each event type, up to the amount of money.
    private let moneyOpenings: FragmentTable
    private let moneyClosings: FragmentTable
    /// One for each campaign.
    private let currencies: FragmentTable
    private let customerOpening: FragmentTable
    private let closing: FragmentTable

    init(catalog: CampaignCatalog, profile: GeneratorConfiguration.Profile, identity: RandomStream) {
        let isFull = profile == .full
        self.isFull = isFull
        self.identity = identity
        openings = FragmentTable(EventType.allCases.map { #"{"type":"\#($0)","id":""# })
        sources = FragmentTable(EventType.allCases.map { #"","source":"\#($0.source)","time":""# })
        creatives = FragmentTable(
            catalog.campaigns.flatMap { campaign in
                campaign.ads.map { Self.opening(of: campaign, ad: isFull ? $0 : nil) }
            }
        )
        campaigns = FragmentTable(catalog.campaigns.map { Self.opening(of: $0, ad: nil) })
        placements = FragmentTable((0..<Placement.count).map { Self.placement($0, hasVariant: isFull) })
        moneyOpenings = FragmentTable(EventType.allCases.map { #","\#($0.moneyField)":\#($0.moneyQuote)"# })
        moneyClosings = FragmentTable(EventType.allCases.map(\.moneyQuote))
        currencies = FragmentTable(catalog.campaigns.map { #","currency":"\#($0.currency)""# })
        customerOpening = FragmentTable([#","customer":"u"#])
        closing = FragmentTable(["}\n"])
    }

    /// Appends the line of `event`, with its newline.
    func render(_ event: GeneratedEvent, into buffer: inout LineBuffer) {
        let type = event.type.rawValue
        openings.append(type, to: &buffer)
        buffer.append(base32: identity[event.slot])
        sources.append(type, to: &buffer)
        buffer.append(time: event.timeMilliseconds)
        if event.type == .spend {
            campaigns.append(Int(event.campaign), to: &buffer)
        } else {
            creatives.append(Int(event.creative), to: &buffer)
            placements.append(Int(event.placement), to: &buffer)
            if isFull { renderCustomer(event.customer, into: &buffer) }
        }
        if event.moneyMicros > 0 { renderMoney(event, into: &buffer) }
        closing.append(0, to: &buffer)
    }

    private func renderCustomer(_ customer: UInt32, into buffer: inout LineBuffer) {
        customerOpening.append(0, to: &buffer)
        buffer.append(hex6: customer)
        buffer.append(byte: UInt8(ascii: "\""))
    }

    private func renderMoney(_ event: GeneratedEvent, into buffer: inout LineBuffer) {
        moneyOpenings.append(event.type.rawValue, to: &buffer)
        // Strings are amounts of money as people write them, so with two decimals.
        buffer.append(decimalMicros: event.moneyMicros, leastDecimals: event.type.moneyIsString ? 2 : 0)
        moneyClosings.append(event.type.rawValue, to: &buffer)
        if isFull { currencies.append(Int(event.campaign), to: &buffer) }
    }

    // MARK: - Pieces

    private static func opening(of campaign: Campaign, ad: Campaign.Ad?) -> String {
        let adField = ad.map { #""ad":"\#($0.name)","# } ?? ""
        return #"","campaign":"\#(campaign.name)",\#(adField)"channel":"\#(campaign.channel)""#
    }

    private static func placement(_ index: Int, hasVariant: Bool) -> String {
        let device = Campaign.Device.allCases[Placement.device(of: index)]
        let region = Campaign.Region.allCases[Placement.region(of: index)]
        let variant = Campaign.Variant.allCases[Placement.variant(of: index)]
        return #","device":"\#(device)","region":"\#(region)""# + (hasVariant ? #","variant":"\#(variant)""# : "")
    }
}

extension EventType {
    /// Who sends events of this type.
    fileprivate var source: String {
        switch self {
        case .impression, .click: "edge"
        case .conversion: "shop"
        case .spend: "billing"
        }
    }

    fileprivate var moneyField: String {
        switch self {
        case .impression, .click: "cost"
        case .conversion: "revenue"
        case .spend: "amount"
        }
    }

    fileprivate var moneyIsString: Bool { self == .conversion || self == .spend }

    fileprivate var moneyQuote: String { moneyIsString ? "\"" : "" }
}
