// SPDX-License-Identifier: Apache-2.0

/// Two kinds of events that belong together by a key: the first waits for the second for a bounded time of events.
///
/// A **pair** is an event of its own, at the time of the first, with the fields that are kept of both. When what is known
/// changes, the pair that was counted is taken back and the right one is counted, in the same slot: at any time the
/// counters are those of a computation over everything that has arrived. What became of each second is an event, too: its
/// field `result` is
///
/// | result | |
/// |---|---|
/// | `joined` | it is the second of a pair |
/// | `orphan` | no first of its key has arrived, until one does |
/// | `late` | it happened more than the window behind its first, or before it by more than that |
/// | `duplicate` | it says what another one said |
/// | `corrected` | it says something else than the one that counted when it arrived |
///
/// Of several seconds within the window the newest by event time counts; of two of one time the one that came later.
public struct JoinDefinition: Hashable, Sendable {
    /// One side of a join.
    public struct Side: Hashable, Sendable {
        /// The event type.
        public var event: String
        /// Fields that are kept as texts, by the name they have in the pair.
        public var texts: [Kept]
        /// Fields that are kept as numbers, at most two.
        public var numbers: [Kept]

        /// One side.
        public init(event: String, texts: [Kept] = [], numbers: [Kept] = []) {
            self.event = event
            self.texts = texts
            self.numbers = numbers
        }
    }

    /// A field of an event and its name in the pair.
    public struct Kept: Hashable, Sendable {
        /// In the pair.
        public var name: String
        /// In the event.
        public var field: String

        /// A field under a name; its own unless given.
        public init(_ field: String, as name: String? = nil) {
            self.field = field
            self.name = name ?? field
        }
    }

    /// How those that wait are told: a gauge on the page.
    public struct WaitingGauge: Hashable, Sendable {
        /// The metric's name.
        public var name: String
        /// One sentence for the HELP line.
        public var help: String
        /// The text of the first that is its label.
        public var label: String

        /// A gauge.
        public init(name: String, help: String, label: String) {
            self.name = name
            self.help = help
            self.label = label
        }
    }

    /// The event type of the pairs, which also names the join on the disk.
    public var pair: String
    /// The event type of what became of the seconds.
    public var result: String
    /// The field that has the key, on both sides.
    public var key: String
    /// What waits.
    public var first: Side
    /// What it waits for.
    public var second: Side
    /// How far behind the first the second may lie in event time, in milliseconds, inclusive.
    public var windowMilliseconds: Int64
    /// How many firsts wait, on the page; nil: it is not told.
    public var waiting: WaitingGauge?

    /// Most numbers that are kept of a side.
    public static let mostNumbers = 2
    /// The field of a result event that says what became of the second.
    static let resultField = "result"
    /// The field of a pair that has the seconds from the first to the second, 0 when the second lies before.
    static let delayField = "delay"

    /// A join.
    public init(
        pair: String,
        result: String,
        key: String,
        first: Side,
        second: Side,
        windowMilliseconds: Int64,
        waiting: WaitingGauge? = nil
    ) {
        precondition(first.numbers.count <= JoinDefinition.mostNumbers, "at most two numbers of a side")
        precondition(second.numbers.count <= JoinDefinition.mostNumbers, "at most two numbers of a side")
        self.pair = pair
        self.result = result
        self.key = key
        self.first = first
        self.second = second
        self.windowMilliseconds = windowMilliseconds
        self.waiting = waiting
    }

    /// The place of a number of a pair among its four.
    func number(_ name: String) -> Int? {
        if let index = first.numbers.firstIndex(where: { $0.name == name }) { return index }
        return second.numbers.firstIndex { $0.name == name }.map { $0 + JoinDefinition.mostNumbers }
    }
}
