// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import PromQL
import Tidemark

/// Runs the work of the query API's endpoints: off the event loops, on one view of the store, until it is done, its
/// time is up or the client has left.
final class QueryRunner: Sendable {
    let store: any EventStore
    let engine: any QueryAnswering
    let threads: QueryThreads
    let bodies: BodyCollector
    let counters: QueryCounters
    let log: QueryLog
    let clock: any WallClock
    /// What a query may cost when it says nothing else.
    let options: QueryOptions

    init(
        store: any EventStore,
        engine: any QueryAnswering,
        threads: QueryThreads,
        bodies: BodyCollector,
        counters: QueryCounters,
        log: QueryLog,
        clock: any WallClock,
        options: QueryOptions
    ) {
        self.store = store
        self.engine = engine
        self.threads = threads
        self.bodies = bodies
        self.counters = counters
        self.log = log
        self.clock = clock
        self.options = options
    }

    /// The parameters of a request.
    func parameters(of request: Request) async throws -> RequestParameters {
        try await RequestParameters(of: request, bodies: bodies)
    }

    // MARK: - Any work

    /// Makes an answer on one of the threads, and compresses it there as the client likes it.
    ///
    /// - Parameters:
    ///   - timeout: nanoseconds; the option's when nil, and never more than that.
    ///   - isPlain: the answer goes out as `work` made it.
    ///   - work: gets a view of the store, that stays as it is.
    /// - Throws: `APIError`.
    func answer(
        _ request: Request,
        _ context: ConnectionContext,
        timeout: Int64? = nil,
        isPlain: Bool = false,
        _ work: @escaping @Sendable (any SeriesSource, QueryWork) throws -> AnswerBody
    ) async throws -> Response {
        let limit = Duration.milliseconds(options.timeout)
        let deadline = ContinuousClock.now + min(timeout.map { .nanoseconds($0) } ?? limit, limit)
        let cancellation = QueryCancellation()
        context.onLeaving { [threads] in
            cancellation.cancel()
            threads.dropCancelled()
        }
        defer { context.ignoreLeaving() }
        let encoding = isPlain ? nil : AnswerEncoding(accepting: request.headers[.acceptEncoding])
        do {
            let answer = try await threads.run(before: deadline, cancellation: cancellation) { [store] in
                let body = try work(
                    try store.series(),
                    QueryWork(cancellation: cancellation, deadline: deadline)
                )
                return encoding.map { $0.encoded(body) } ?? EncodedAnswer(body)
            }
            return answer.response
        } catch let error as QueryError {
            throw APIError(error)
        } catch let error as StoreRefusal {
            throw APIError(error)
        }
    }

    // MARK: - Queries

    /// Runs a query and counts it, and tells of it when it took long.
    ///
    /// - Parameters:
    ///   - described: as the log is to have it.
    ///   - evaluate: asks the engine.
    ///   - write: makes the answer of the result.
    func query(
        _ request: Request,
        _ context: ConnectionContext,
        described: LoggedQuery,
        parameters: RequestParameters,
        evaluate: @escaping @Sendable (any SeriesSource, QueryOptions, QueryCancellation) throws -> QueryResult,
        write: @escaping @Sendable (QueryResult) -> AnswerBody
    ) async throws -> Response {
        let timeout = try parameters.duration("timeout")
        var options = options
        if let lookback = try parameters.duration("lookback_delta"), lookback >= 1_000_000 {
            options.lookback = lookback / 1_000_000
        }
        options.countsSamplesPerStep = parameters["stats"] == "all"
        let begun = ContinuousClock.now
        let outcome = QueryOutcome(described)
        defer { tell(outcome, since: begun) }
        do {
            return try await answer(request, context, timeout: timeout) { [options] source, work in
                var options = options
                options.timeout = max(1, work.remainingMilliseconds)
                let result = try evaluate(source, options, work.cancellation)
                outcome.note(result.statistics)
                return write(result)
            }
        } catch {
            outcome.note(error as? APIError ?? APIError(.internalServerError, "\(error)"))
            throw error
        }
    }

    /// Counts a query that is over, and tells of it when it took long.
    func tell(_ outcome: QueryOutcome, since begun: ContinuousClock.Instant) {
        var described = outcome.query
        described.seconds = (ContinuousClock.now - begun) / .seconds(1)
        counters.add(result: described.result, seconds: described.seconds, samples: described.samples)
        log.tell(described)
    }
}

/// What work on a thread may ask.
struct QueryWork: Sendable {
    let cancellation: QueryCancellation
    let deadline: ContinuousClock.Instant

    /// How long it may still take.
    var remainingMilliseconds: Int64 {
        Int64((deadline - .now) / .milliseconds(1))
    }

    /// Throws when the work has become pointless; for loops that no engine watches.
    func checkpoint() throws(QueryError) {
        if cancellation.isCancelled { throw QueryError(.canceled, "query was canceled") }
        if deadline <= .now { throw QueryError(.timeout, "query timed out in reading series") }
    }
}
