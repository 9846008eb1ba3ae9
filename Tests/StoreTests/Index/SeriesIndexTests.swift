// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `The index of series` {
    private static let clicks = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)
    private static let spend = MetricFamily(name: "spend_total", help: "Money.", kind: .counter, unit: .micro)

    private let index = SeriesIndex()

    private func add(_ labels: Labels, to family: MetricFamily = `The index of series`.clicks) -> SeriesID {
        index.add(family: family, labels: labels, created: Timestamp(seconds: 5))
    }

    private func texts(of name: String) -> [String] {
        let (families, entries) = index.ordered()
        guard let family = families.first(where: { $0.family.name == name }) else { return [] }
        return family.members.map { String(decoding: entries[Int($0)].text.bytes, as: UTF8.self) }
    }

    @Test func `finds what was added under the same family and labels, and nothing else`() {
        #expect(index.find(family: "clicks_total", labels: [:]) == nil)
        let plain = add([:])
        let spring = add(["campaign": "spring"])
        let money = add(["campaign": "spring"], to: `The index of series`.spend)
        #expect([plain, spring, money].map(\.number) == [0, 1, 2])
        #expect(index.find(family: "clicks_total", labels: [:]) == plain)
        #expect(index.find(family: "clicks_total", labels: ["campaign": "spring"]) == spring)
        #expect(index.find(family: "spend_total", labels: ["campaign": "spring"]) == money)
        #expect(index.find(family: "spend_total", labels: [:]) == nil)
        #expect(index.find(family: "clicks_total", labels: ["campaign": "Spring"]) == nil)
        // Quoting keeps a value with a comma apart from two labels.
        let odd = add(["a": "1\",b=\"2"])
        #expect(index.find(family: "clicks_total", labels: ["a": "1", "b": "2"]) == nil)
        #expect(index.find(family: "clicks_total", labels: ["a": "1\",b=\"2"]) == odd)
        #expect(index.count(ofFamily: "clicks_total") == 3 && index.count == 4)
    }

    @Test func `gives back the labels of a series, escaped or not, and its family`() {
        let sets: [Labels] = [
            [:], ["a": "1"], ["b": "2", "a": "1"], ["a": "\"\\\n", "b": "é한"], ["a": "\"", "ab": "\n"], ["ab": "\n"],
            ["a": "b=\"c", "x": ","], ["a": "hot\u{E9}is"], ["a": "hote\u{301}is"], ["é": "1"], ["a,b": "1"],
            ["b": "1"],
        ]
        for (number, labels) in sets.enumerated() { #expect(add(labels).number == UInt32(number)) }
        let money = add(["a": "1"], to: `The index of series`.spend)
        for (number, labels) in sets.enumerated() {
            let id = SeriesID(UInt32(number))
            #expect(index.labels(of: id) == labels)
            #expect(index.family(of: id) == 0)
            #expect(index.find(family: "clicks_total", labels: labels) == id)
            #expect(index.created(id) == Timestamp(seconds: 5))
        }
        #expect(index.labels(of: money) == ["a": "1"] && index.family(of: money) == 1)
        // A label is one thing, with whatever others it stands.
        #expect(index.bounds().labels == Set(sets.flatMap(\.pairs)).count)
    }

    @Test func `finds families by name or by a condition on it`() {
        index.add(`The index of series`.clicks)
        index.add(`The index of series`.spend)
        #expect(index.families { $0.hasSuffix("_total") }.map(\.index) == [0, 1])
        #expect(index.families { $0.hasPrefix("s") }.map(\.family.name) == ["spend_total"])
        #expect(index.indexedFamily(named: "spend_total")?.index == 1)
        #expect(index.indexedFamily(named: "spend") == nil)
        #expect(index.select(families: [0, 1], matchers: [], below: .max).isEmpty)
    }

    @Test func `hands out new series and families once, and a changed help again`() {
        _ = add(["a": "1"])
        _ = add([:], to: `The index of series`.spend)
        #expect(index.takeUnstored().map(\.id.number) == [0, 1])
        #expect(index.takeUnstored().isEmpty)
        let families = index.takeUnstoredFamilies()
        #expect(families.map(\.family.name) == ["clicks_total", "spend_total"] && families.map(\.index) == [0, 1])
        index.add(`The index of series`.clicks)
        #expect(index.takeUnstoredFamilies().isEmpty)
        index.add(MetricFamily(name: "clicks_total", help: "All clicks.", kind: .counter, unit: .one))
        #expect(index.takeUnstoredFamilies().map(\.family.help) == ["All clicks."])
    }

    @Test func `hands out the labels of new series once, also while there are newer series`() {
        func taken(_ series: [NewSeries]) -> [String] {
            index.takeUnstoredLabels(of: series).map { label in
                "\(label.number) \(label.name)=\(String(decoding: label.value, as: UTF8.self))"
            }
        }
        _ = add(["a": "1", "b": "2"])
        _ = add(["b": "3", "a": "1"])
        let first = index.takeUnstored()
        _ = add(["c": "4"])
        #expect(taken(first) == ["0 a=1", "1 b=2", "2 b=3"])
        #expect(taken([]).isEmpty)
        #expect(taken(index.takeUnstored()) == ["3 c=4"])
        _ = add(["a": "1", "c": "4"])
        #expect(taken(index.takeUnstored()).isEmpty)
    }

    @Test func `orders a family by label text, also when series come between two readings`() {
        var random = SeededRandom(for: "interleaved series")
        var expected: [String] = []
        for round in 0..<60 {
            for number in 0..<random.below(40) {
                // Values of many lengths, some the beginning of others.
                let value = String(repeating: "ab", count: random.below(5)) + "\(random.below(50))é\(round)-\(number)"
                let labels: Labels = random.chance(50) ? ["a": value] : ["a": value, "b": "x"]
                _ = add(labels)
                expected.append(labels.expositionText)
            }
            expected.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(texts(of: "clicks_total") == expected)
        }
    }

    @Test func `finds each of 30,000 series, short labels and long`() {
        func labels(_ number: Int) -> Labels {
            // Every hundredth has a text of more than a quarter of a slab.
            ["n": "\(number)", "pad": String(repeating: "p", count: number % 100 == 0 ? 17_000 : number % 30)]
        }
        for number in 0..<30_000 { #expect(add(labels(number)).number == UInt32(number)) }
        for number in stride(from: 0, to: 30_000, by: 7) {
            #expect(index.find(family: "clicks_total", labels: labels(number))?.number == UInt32(number))
        }
        #expect(index.find(family: "clicks_total", labels: labels(30_000)) == nil)
        let (_, entries) = index.ordered()
        for number in [0, 99, 100, 29_999] {
            #expect(String(decoding: entries[number].text.bytes, as: UTF8.self) == labels(number).expositionText)
        }
    }

    @Test func `keeps label texts where they are while other threads add and order`() async {
        let done = Flag()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<5_000 { _ = add(["n": "\(number)"]) }
                done.set()
            }
            group.addTask {
                while !done.isSet {
                    let (families, entries) = index.ordered()
                    let members = families.first?.members ?? []
                    let texts = members.map { String(decoding: entries[Int($0)].text.bytes, as: UTF8.self) }
                    #expect(texts == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
                    #expect(texts.allSatisfy { $0.hasPrefix("{n=\"") && $0.hasSuffix("\"}") })
                }
            }
        }
        #expect(index.count == 5_000)
    }
}
