// SPDX-License-Identifier: Apache-2.0

/// What pairs and results of joins add to, in flat memory: for each target of a join's route how its value is computed.
final class JoinPlan {
    struct Target: BitwiseCopyable {
        var form: ValueForm
        /// Places among the five numbers of a pair; -1: one is counted, without a value.
        var first: Int8
        var second: Int8
        var function: PairMeasure.Function?
        var firstBound: Int32
        var boundCount: Int32
    }

    struct Route: BitwiseCopyable {
        var first: Int32
        var count: Int32
    }

    let targets: UnsafeMutableBufferPointer<Target>
    let routes: UnsafeMutableBufferPointer<Route>
    private let bounds: UnsafeMutableBufferPointer<Double>
    /// For each join the routes of its pairs and results, and how many texts a first has.
    let joins: [(pair: Int, result: Int, firstTexts: Int)]

    init(_ schema: EventSchema) {
        var targets: [Target] = []
        var routes: [Route] = []
        var bounds: [Double] = []
        for route in schema.routes {
            routes.append(Route(first: Int32(targets.count), count: Int32(route.targets.count)))
            for target in route.targets {
                let value = target.value.map { route.values[$0] }
                let isJoined = route.origin == .join
                targets.append(
                    Target(
                        form: target.form,
                        first: isJoined ? Int8(value?.fields.first ?? -1) : -1,
                        second: isJoined ? Int8(value?.fields.dropFirst().first ?? -1) : -1,
                        function: value?.function,
                        firstBound: Int32(bounds.count),
                        boundCount: Int32(value?.bounds.count ?? 0)
                    )
                )
                bounds += value?.bounds ?? []
            }
        }
        self.targets = .copy(targets)
        self.routes = .copy(routes)
        self.bounds = .copy(bounds)
        joins = schema.joins.map { ($0.pair, $0.result, $0.firstTexts.count) }
    }

    deinit {
        targets.deallocate()
        routes.deallocate()
        bounds.deallocate()
    }

    /// The value of a target, NaN where there is none.
    @inline(__always)
    func value(_ target: Target, _ emission: JoinEmission) -> Double {
        let first = number(target.first, emission)
        guard let function = target.function else { return first }
        return function.value(first, number(target.second, emission))
    }

    @inline(__always)
    private func number(_ place: Int8, _ emission: JoinEmission) -> Double {
        switch place {
        case 0: emission.numbers.0
        case 1: emission.numbers.1
        case 2: emission.numbers.2
        case 3: emission.numbers.3
        default: emission.delay
        }
    }

    /// The bucket of an observation.
    @inline(__always)
    func bucket(of value: Double, _ target: Target) -> Int {
        UpperBounds.bucket(
            of: value,
            in: bounds.baseAddress! + Int(target.firstBound),
            count: Int(target.boundCount)
        )
    }
}
