// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

extension RunningQuery {
    /// Works on rows 0..<count on all the threads that the query may use, in pieces of some rows, each piece on one
    /// thread. Every thread makes a worker for itself; all workers are given back.
    ///
    /// The first error ends the work, on all threads, and is thrown. Between pieces the query's end is looked at.
    ///
    /// - Complexity: threads take the next piece when they are done with one, so that uneven rows even out.
    func forEachRow<Worker>(
        _ count: Int,
        makeWorker: @escaping () -> Worker,
        _ work: @escaping (inout Worker, Int) throws(QueryError) -> Void
    ) throws(QueryError) -> [Worker] {
        let wanted = options.threads > 0 ? options.threads : RunningQuery.cores
        let threads = max(1, min(wanted, count / 4))
        let piece = max(1, min(64, count / (threads * 8)))
        let shared = SharedRows<Worker>()
        let body = { [self] (_: Int) in
            var worker = makeWorker()
            do throws(QueryError) {
                while true {
                    let first = shared.next.wrappingAdd(piece, ordering: .relaxed).oldValue
                    if first >= count { break }
                    try checkpoint()
                    for row in first..<min(first + piece, count) { try work(&worker, row) }
                }
            } catch {
                shared.next.store(count, ordering: .relaxed)
                shared.fail(error)
            }
            shared.add(worker)
        }
        if threads == 1 {
            body(0)
        } else {
            let unchecked = UncheckedBody(call: body)
            DispatchQueue.concurrentPerform(iterations: threads) { unchecked.call($0) }
        }
        return try shared.finish()
    }

    /// How many cores there are.
    private static let cores = ProcessorCount.active
}

/// A closure that several threads run at a time; what it touches is kept apart by rows.
private struct UncheckedBody: @unchecked Sendable {
    let call: (Int) -> Void
}

/// What the threads share.
private final class SharedRows<Worker>: @unchecked Sendable {
    let next = Atomic<Int>(0)
    private let lock = Mutex(())
    private var workers: [Worker] = []
    private var error: QueryError?

    func add(_ worker: Worker) {
        lock.withLock { _ in workers.append(worker) }
    }

    func fail(_ error: QueryError) {
        lock.withLock { _ in
            if self.error == nil { self.error = error }
        }
    }

    func finish() throws(QueryError) -> [Worker] {
        if let error { throw error }
        return workers
    }
}
