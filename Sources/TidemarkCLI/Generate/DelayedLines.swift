// SPDX-License-Identifier: Apache-2.0

/// What can wait in `DelayedLines`.
protocol Delayable {
    /// When it arrives, Unix milliseconds.
    var dueMilliseconds: Int64 { get }
}

/// A line of campaigns that arrives later than what caused it.
struct DelayedLine: Delayable {
    /// What happens when it is due.
    enum Role {
        /// Write `event` again as it is.
        case retry
        /// Write the click of an impression, and maybe plan its conversion.
        case click
        case conversion
        /// Bill a campaign and plan its next bill.
        case bill
    }

    var dueMilliseconds: Int64
    var role: Role
    /// Held back on purpose, for the summary.
    var isLate = false
    /// The incident withholds this click or conversion; an impression takes its line.
    var isWithheld = false
    /// Complete for a retry; otherwise `slot`, `moneyMicros` and `type` are set when it is written.
    var event: GeneratedEvent
}

/// The lines still to come, the earliest first: a binary min-heap.
///
/// It holds the traffic of the delays (of campaigns about 2 % of the lines of the last minutes), never the whole file. Lines due at
/// the same time leave in an order that depends only on the order of insertions.
struct DelayedLines<Line: Delayable> {
    /// When the next line is due; `Int64.max` when there is none.
    private(set) var nextDueMilliseconds = Int64.max
    private var heap: [Line] = []

    init() {
        heap.reserveCapacity(4096)
    }

    /// - Complexity: O(log n)
    mutating func insert(_ line: Line) {
        var hole = heap.count
        heap.append(line)
        while hole > 0 {
            let parent = (hole - 1) / 2
            if heap[parent].dueMilliseconds <= line.dueMilliseconds { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = line
        nextDueMilliseconds = heap[0].dueMilliseconds
    }

    /// Takes the earliest line out if it is due at `time` or before.
    ///
    /// - Complexity: O(log n)
    mutating func removeNext(dueAt time: Int64) -> Line? {
        guard nextDueMilliseconds <= time, let last = heap.popLast() else { return nil }
        guard let first = heap.first else {
            nextDueMilliseconds = .max
            return last
        }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].dueMilliseconds < heap[child].dueMilliseconds { child += 1 }
            if last.dueMilliseconds <= heap[child].dueMilliseconds { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        nextDueMilliseconds = heap[0].dueMilliseconds
        return first
    }
}
