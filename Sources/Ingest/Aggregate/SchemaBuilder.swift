// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Puts the fields and routes of an `EventSchema` together.
struct SchemaBuilder {
    private(set) var fieldNames = EventSchema.Field.names
    private(set) var routes: [EventSchema.Route] = []
    private(set) var joins: [EventSchema.Join] = []
    private var indexOfName: [String: Int] = [:]
    private let definitions: [MetricDefinition]

    init(_ definitions: [MetricDefinition]) {
        self.definitions = definitions
        for (index, name) in fieldNames.enumerated() { indexOfName[name] = index }
        var joins: [JoinDefinition] = []
        for case let join? in definitions.map(\.join) where !joins.contains(join) { joins.append(join) }
        var types: [String] = []
        func add(_ type: String) { if !types.contains(type) { types.append(type) } }
        for definition in definitions where definition.join == nil { definition.events.forEach(add) }
        for join in joins {
            add(join.first.event)
            add(join.second.event)
        }
        for type in types { routes.append(EventSchema.Route(origin: .event, type: type)) }
        for (index, type) in types.enumerated() { build(event: type, route: index, joins) }
        for join in joins {
            let firstTexts = join.first.texts.map(\.name) + bins(of: join).map(SchemaBuilder.text)
            let secondTexts = join.second.texts.map(\.name)
            let texts = firstTexts + secondTexts
            let pair = addRoute(ofJoin: join, type: join.pair, texts: texts)
            let result = addRoute(ofJoin: join, type: join.result, texts: texts + [JoinDefinition.resultField])
            self.joins.append(
                EventSchema.Join(
                    definition: join,
                    pair: pair,
                    result: result,
                    firstTexts: firstTexts,
                    secondTexts: secondTexts
                )
            )
        }
    }

    // MARK: - Fields

    private mutating func field(_ name: String) -> Int {
        if let index = indexOfName[name] { return index }
        fieldNames.append(name)
        indexOfName[name] = fieldNames.count - 1
        return fieldNames.count - 1
    }

    /// A field that no event can bring.
    private mutating func made(_ name: String) -> Int { field("\u{1}" + name) }

    /// The field of a name on a route, made when it is a class.
    private mutating func field(_ name: String, _ route: Int, _ classes: [ClassField]) -> Int {
        guard let made = classes.first(where: { $0.name == name && $0.event == routes[route].type }) else {
            return field(name)
        }
        let derived = DerivedField.classOf(
            field: self.made("class \(name)"),
            label: field(made.label),
            score: made.score.map { field($0) },
            threshold: made.threshold
        )
        return add(derived, to: route)
    }

    /// The field of a bin on a route.
    private mutating func made(bin: BinLabel, _ route: Int) -> Int {
        add(.bin(field: made(SchemaBuilder.text(bin)), number: field(bin.field), bounds: bin.bounds), to: route)
    }

    private mutating func add(_ derived: DerivedField, to route: Int) -> Int {
        if !routes[route].derived.contains(derived) { routes[route].derived.append(derived) }
        switch derived {
        case .classOf(let field, _, _, _), .bin(let field, _, _): return field
        }
    }

    private mutating func position(_ field: Int, _ route: Int) -> Int {
        if let position = routes[route].keyFields.firstIndex(of: field) { return position }
        routes[route].keyFields.append(field)
        return routes[route].keyFields.count - 1
    }

    private mutating func value(
        _ form: ValueForm,
        _ fields: [Int],
        bounds: [Double] = [],
        function: PairMeasure.Function? = nil,
        isLenient: Bool = false,
        _ route: Int
    ) -> Int {
        let values = routes[route].values
        var value = EventSchema.Value(form: form, fields: fields, bounds: bounds, function: function, place: 0)
        value.isLenient = isLenient
        for known in values.indices {
            value.place = values[known].place
            if values[known] == value { return known }
        }
        value.place = values.last.map { $0.place + $0.form.width } ?? 0
        routes[route].values.append(value)
        return values.count
    }

    // MARK: - Events

    private mutating func build(event type: String, route: Int, _ joins: [JoinDefinition]) {
        let users = definitions.indices.filter {
            definitions[$0].join == nil && definitions[$0].events.contains(type)
        }
        for index in users where definitions[index].each == nil { addTarget(index, to: route) }
        for index in users {
            guard let each = definitions[index].each else { continue }
            addMember(index, each, of: route)
        }
        let classes = definitions.flatMap(\.classes)
        for join in joins {
            for side in [join.first, join.second] where side.event == type {
                precondition(routes[route].side == nil, "an event type is one side of one join")
                var texts = side.texts.map { position(field($0.field, route, classes), route) }
                if side == join.first {
                    texts += bins(of: join).map { position(made(bin: $0, route), route) }
                }
                let key = value(.element, [field(join.key)], route)
                let numbers = side.numbers.map { kept in
                    let isClass = classes.contains { $0.name == kept.field && $0.event == type }
                    return value(.level, [field(kept.field, route, classes)], isLenient: isClass, route)
                }
                routes[route].side = EventSchema.JoinSide(
                    join: joins.firstIndex(of: join) ?? 0,
                    isFirst: side == join.first,
                    key: routes[route].values[key].place,
                    texts: texts,
                    numbers: numbers.map { routes[route].values[$0].place }
                )
            }
        }
    }

    private mutating func addTarget(_ index: Int, to route: Int) {
        let definition = definitions[index]
        var labels = definition.labels.map { name in
            (name: name, position: position(field(name, route, definition.classes), route))
        }
        var present = definition.needs.map { position(field($0, route, definition.classes), route) }
        if let bin = definition.bin {
            let position = position(made(bin: bin, route), route)
            labels.append((name: BinLabel.label, position: position))
            present.append(position)
        }
        let conditions = definition.conditions.sorted { $0.key < $1.key }
            .map { (position: position(field($0.key, route, definition.classes), route), value: $0.value) }
        var taken: Int?
        if !definition.valueFields.isEmpty {
            let fields = definition.valueFields.map { field($0) }
            taken = value(ValueForm(definition.kind), fields, bounds: definition.buckets, route)
        }
        routes[route].targets.append(
            target(index, labels: labels, conditions: conditions, present: present, value: taken)
        )
    }

    private func target(
        _ index: Int,
        labels: [(name: String, position: Int)],
        conditions: [(position: Int, value: String)],
        present: [Int] = [],
        value: Int?
    ) -> EventSchema.Target {
        EventSchema.Target(
            definition: index,
            family: definitions[index].family,
            labels: labels,
            conditions: conditions,
            present: present,
            value: value,
            form: ValueForm(definitions[index].kind)
        )
    }

    // MARK: - Members

    private mutating func addMember(_ index: Int, _ each: EachMember, of route: Int) {
        let definition = definitions[index]
        let object = field(each.field)
        let name = made("member name")
        let memberValue = made("member value")
        let known = routes[route].members.firstIndex { $0.field == object }
        let place = known ?? routes[route].members.count
        if known == nil {
            routes.append(EventSchema.Route(origin: .member, type: "\(routes[route].type).\(each.field)"))
            routes[route].members.append(
                EventSchema.MemberRoute(field: object, route: routes.count - 1, name: name, value: memberValue)
            )
        }
        let own = routes[route].members[place].route
        var labels = definition.labels.map { (name: $0, position: position(field($0), own)) }
        labels.append((name: each.label, position: position(name, own)))
        var conditions = definition.conditions.sorted { $0.key < $1.key }
            .map { (position: position(field($0.key), own), value: $0.value) }
        var present = definition.needs.map { position(field($0), own) }
        var taken: Int?
        switch each.takes {
        case .value:
            taken = value(ValueForm(definition.kind), [memberValue], bounds: definition.buckets, own)
        case .bin, .missing:
            let baseline = made("member baseline")
            let bin = made("member bin")
            routes[route].members[place].bin = (baseline, bin)
            if each.takes == .bin {
                labels.append((name: EachMember.baselineLabel, position: position(baseline, own)))
                labels.append((name: BinLabel.label, position: position(bin, own)))
                present.append(position(bin, own))
            } else {
                conditions.append((position: position(bin, own), value: ""))
            }
        }
        routes[own].targets.append(
            target(index, labels: labels, conditions: conditions, present: present, value: taken)
        )
    }

    // MARK: - Joins

    /// A route of pairs or of results. Its key are `texts`; its fields are the numbers of the pair, and behind them the
    /// delay.
    private mutating func addRoute(ofJoin join: JoinDefinition, type: String, texts: [String]) -> Int {
        routes.append(EventSchema.Route(origin: .join, type: type))
        let route = routes.count - 1
        func position(_ name: String) -> Int {
            guard let position = texts.firstIndex(of: name) else {
                preconditionFailure("'\(name)' is kept by the join")
            }
            return position
        }
        func number(_ name: String) -> Int {
            if name == JoinDefinition.delayField { return 2 * JoinDefinition.mostNumbers }
            guard let number = join.number(name) else { preconditionFailure("'\(name)' is kept by the join") }
            return number
        }
        for (index, definition) in definitions.enumerated()
        where definition.join == join && definition.events.contains(type) {
            var labels = definition.labels.map { (name: $0, position: position($0)) }
            var present = definition.needs.map(position)
            if let bin = definition.bin {
                let position = position(SchemaBuilder.text(bin))
                present.append(position)
                labels.append((name: BinLabel.label, position: position))
            }
            let conditions = definition.conditions.sorted { $0.key < $1.key }
                .map { (position: position($0.key), value: $0.value) }
            var taken: Int?
            if let measure = definition.measure {
                taken = value(
                    ValueForm(definition.kind),
                    measure.arguments.map(number),
                    bounds: definition.buckets,
                    function: measure.function,
                    route
                )
            } else if let field = definition.valueFields.first {
                taken = value(ValueForm(definition.kind), [number(field)], bounds: definition.buckets, route)
            }
            routes[route].targets.append(
                target(index, labels: labels, conditions: conditions, present: present, value: taken)
            )
        }
        return route
    }

    /// The bins of numbers of the first that metrics of pairs have for a label.
    private func bins(of join: JoinDefinition) -> [BinLabel] {
        var bins: [BinLabel] = []
        for definition in definitions where definition.join == join {
            if let bin = definition.bin, !bins.contains(bin) { bins.append(bin) }
        }
        return bins
    }

    /// The name of a bin as a text of a pair.
    private static func text(_ bin: BinLabel) -> String { "bin \(bin.field) \(bin.bounds)" }
}
