// SPDX-License-Identifier: Apache-2.0

/// The state of a run: writes one line for each slot.
///
/// A slot goes to the delayed line that is due, if there is one (a click, a conversion, a bill, a retry), else to a new
/// impression. All chances come from the slot's own words of the streams.
struct LineWriter: ~Copyable {
    var buffer = LineBuffer()
    private(set) var summary: GeneratorSummary

    private let tables: TrafficTables
    private let streams: RandomStreams
    private let planted: PlantedIncident?
    private let renderer: LineRenderer
    private let billing: BillingSchedule
    private let profile: GeneratorConfiguration.Profile
    private let disturbsDelivery: Bool
    private let startMilliseconds: Int64
    private let endMilliseconds: Int64
    private var clock: ArrivalClock
    private var delayed = DelayedLines<DelayedLine>()
    /// Impressions of each campaign that no bill has named yet.
    private var unbilled: [Int]

    init(configuration: GeneratorConfiguration, catalog: CampaignCatalog, planted: PlantedIncident?) {
        let seed = configuration.seed
        tables = TrafficTables(catalog: catalog)
        streams = RandomStreams(seed: seed, startMilliseconds: configuration.startMilliseconds)
        self.planted = planted
        summary = GeneratorSummary(planted: planted)
        renderer = LineRenderer(catalog: catalog, profile: configuration.profile, identity: streams.identity)
        profile = configuration.profile
        disturbsDelivery = configuration.disturbsDelivery
        startMilliseconds = configuration.startMilliseconds
        endMilliseconds = configuration.startMilliseconds + configuration.durationMilliseconds
        clock = ArrivalClock(
            startMilliseconds: configuration.startMilliseconds,
            durationMilliseconds: configuration.durationMilliseconds,
            slots: configuration.events,
            rates: tables.rates
        )
        unbilled = Array(repeating: 0, count: catalog.campaigns.count)
        let lumped = tables.rows.indices.filter { [tables] in tables.rows[$0].lumpMicros > 0 }
        billing = BillingSchedule(configuration: configuration, lumpShares: lumped.map { catalog.campaigns[$0].share })
        // Lean lines have no `amount`, hence no bills.
        if profile == .full { planFirstBills(of: lumped) }
    }

    /// Writes exactly one line. Slots come in rising order, from 0.
    mutating func writeLine(inSlot slot: UInt64) {
        clock.advance(to: slot, jitter: streams.arrival[slot])
        // Fast path: nothing is due.
        while delayed.nextDueMilliseconds <= clock.nowMilliseconds {
            if let line = delayed.removeNext(dueAt: clock.nowMilliseconds), writeDelayed(line, inSlot: slot) { return }
        }
        writeImpression(inSlot: slot)
    }

    // MARK: - Impressions

    private mutating func writeImpression(inSlot slot: UInt64) {
        let campaign = tables.campaign(bin: clock.bin, word: streams.campaign[slot])
        let row = tables.rows[campaign]
        let choice = streams.creative[slot]
        let customer = CustomerPool.customer(market: row.market, word: streams.customer[slot])
        let creative = tables.creative(campaign: campaign, byte: choice)
        let placement = Placement.index(
            device: tables.device(channel: row.channel, byte: choice >> 8),
            region: tables.region(market: row.market, byte: CustomerPool.regionByte(of: customer)),
            variant: CustomerPool.variant(of: customer, campaign: campaign)
        )
        var event = GeneratedEvent(
            timeMilliseconds: clock.nowMilliseconds,
            slot: slot,
            moneyMicros: Self.varied(row.impressionCostMicros, word: choice),
            customer: customer,
            creative: UInt16(creative),
            campaign: UInt8(campaign),
            placement: UInt8(placement),
            type: .impression
        )
        let lateness = latenessOfImpression(inSlot: slot)
        event.timeMilliseconds -= lateness
        unbilled[campaign] += 1
        if tables.isClicked(creative: creative, placement: placement, word: streams.click[slot]) {
            planClick(on: event, inSlot: slot)
        }
        write(event, late: lateness > 0)
    }

    /// How long before now the impression of this slot happened: 0 unless it is late.
    ///
    /// Never before the start, so early in the span lateness is shorter.
    private func latenessOfImpression(inSlot slot: UInt64) -> Int64 {
        let limit = min(Delays.greatestLateness, clock.nowMilliseconds - startMilliseconds)
        guard disturbsDelivery, Delivery.isLate(streams.delivery[slot]), limit >= Delays.leastLateness else { return 0 }
        return Delays.lateness(streams.lateness[slot], limit: limit)
    }

    // MARK: - Clicks and conversions

    private mutating func planClick(on impression: GeneratedEvent, inSlot slot: UInt64) {
        let isWithheld =
            planted?.withholdsClick(
                campaignIndex: Int(impression.campaign),
                timeMilliseconds: impression.timeMilliseconds,
                word: streams.incident[slot]
            ) ?? false
        let delay = Delays.click(streams.clickDelay[slot])
        planSuccessor(.click, of: impression, after: delay, withheld: isWithheld, inSlot: slot)
    }

    /// Plans what follows `cause`, which is written in `slot`. What would arrive after the end is left out.
    private mutating func planSuccessor(
        _ role: DelayedLine.Role,
        of cause: GeneratedEvent,
        after delay: Int64,
        withheld isWithheld: Bool,
        inSlot slot: UInt64
    ) {
        var line = DelayedLine(dueMilliseconds: 0, role: role, isWithheld: isWithheld, event: cause)
        let time = cause.timeMilliseconds + delay
        line.event.timeMilliseconds = time
        // The successor of a late event comes in with it, not before.
        var arrival = max(time, clock.nowMilliseconds)
        if disturbsDelivery, Delivery.successorIsLate(streams.delivery[slot]) {
            let lateness = Delays.lateness(streams.successorLateness[slot], limit: Delays.greatestLateness)
            arrival = max(arrival, time + lateness)
        }
        line.isLate = arrival - time >= Delays.leastLateness
        line.dueMilliseconds = arrival
        plan(line)
    }

    private mutating func plan(_ line: DelayedLine) {
        if line.dueMilliseconds < endMilliseconds { delayed.insert(line) }
    }

    // MARK: - Delayed lines

    /// - Returns: whether a line was written; a bill over nothing is not.
    private mutating func writeDelayed(_ line: DelayedLine, inSlot slot: UInt64) -> Bool {
        switch line.role {
        case .retry:
            summary.countDuplicate()
            renderer.render(line.event, into: &buffer)
        case .click:
            writeClick(line, inSlot: slot)
        case .conversion:
            writeSuccessor(line, inSlot: slot, type: .conversion, moneyMicros: revenue(of: line.event, inSlot: slot))
        case .bill:
            return writeBill(line, inSlot: slot)
        }
        return true
    }

    private mutating func writeClick(_ line: DelayedLine, inSlot slot: UInt64) {
        let row = tables.rows[Int(line.event.campaign)]
        let conversion = streams.conversion[slot]
        if UInt32(truncatingIfNeeded: conversion >> 32) < row.conversionThreshold {
            let delay = Delays.conversion(streams.conversionDelay[slot])
            planSuccessor(.conversion, of: line.event, after: delay, withheld: line.isWithheld, inSlot: slot)
        }
        let cost = Self.varied(row.clickCostMicros, word: streams.creative[slot])
        writeSuccessor(line, inSlot: slot, type: .click, moneyMicros: cost)
    }

    /// Writes a click or conversion, or the impression that takes the line of one that is withheld.
    private mutating func writeSuccessor(
        _ line: DelayedLine,
        inSlot slot: UInt64,
        type: EventType,
        moneyMicros: Int64
    ) {
        var event = line.event
        event.slot = slot
        if line.isWithheld {
            let row = tables.rows[Int(event.campaign)]
            event.type = .impression
            event.moneyMicros = Self.varied(row.impressionCostMicros, word: streams.creative[slot])
            unbilled[Int(event.campaign)] += 1
        } else {
            event.type = type
            event.moneyMicros = moneyMicros
        }
        write(event, late: line.isLate)
    }

    /// Half to twice the campaign's order value, in whole cents; 0 in lean lines, which have no `revenue`.
    private func revenue(of event: GeneratedEvent, inSlot slot: UInt64) -> Int64 {
        guard profile == .full else { return 0 }
        let unit = unitInterval(streams.revenue[slot])
        let factor = 0.5 + 1.5 * unit * unit
        return Int64(Double(tables.rows[Int(event.campaign)].orderValueCents) * factor) * 10_000
    }

    // MARK: - Bills

    private mutating func planFirstBills(of campaigns: [Int]) {
        for (place, campaign) in campaigns.enumerated() {
            let due = billing.firstBill(startMilliseconds: startMilliseconds, place: place, of: campaigns.count)
            let event = GeneratedEvent(
                timeMilliseconds: due,
                slot: 0,
                moneyMicros: 0,
                customer: 0,
                creative: 0,
                campaign: UInt8(campaign),
                placement: 0,
                type: .spend
            )
            plan(DelayedLine(dueMilliseconds: due, role: .bill, event: event))
        }
    }

    private mutating func writeBill(_ line: DelayedLine, inSlot slot: UInt64) -> Bool {
        var next = line
        next.dueMilliseconds += billing.intervalMilliseconds
        next.event.timeMilliseconds = next.dueMilliseconds
        plan(next)
        let campaign = Int(line.event.campaign)
        let impressions = unbilled[campaign]
        guard impressions > 0 else { return false }
        unbilled[campaign] = 0
        var event = line.event
        event.slot = slot
        event.moneyMicros = Int64(impressions) * tables.rows[campaign].lumpMicros
        write(event, late: false)
        return true
    }

    // MARK: - Writing

    /// Writes an event for the first time, and plans its retry if it has one.
    private mutating func write(_ event: GeneratedEvent, late isLate: Bool) {
        summary.countEvent(event.type, late: isLate)
        renderer.render(event, into: &buffer)
        if disturbsDelivery, Delivery.isRetried(streams.delivery[event.slot]) {
            let due = clock.nowMilliseconds + Delays.retry(streams.retryDelay[event.slot])
            plan(DelayedLine(dueMilliseconds: due, role: .retry, event: event))
        }
    }

    /// 70 % to 130 % of a price, after the word's upper 16 bits.
    private static func varied(_ micros: Int64, word: UInt64) -> Int64 {
        (micros * (45_875 + Int64(((word >> 48) * 39_322) >> 16))) >> 16
    }
}
