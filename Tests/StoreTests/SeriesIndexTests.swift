// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `The index of series` {
    private let index = SeriesIndex()

    private func add(_ labels: Labels, to family: MetricFamily = ModelStore.clicks) -> SeriesID {
        index.add(family: family, labels: labels, created: Timestamp(seconds: 5), isStored: false)
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
        let money = add(["campaign": "spring"], to: ModelStore.spend)
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

    @Test func `hands out new series and families once, and a changed help again`() {
        _ = add(["a": "1"])
        _ = index.add(family: ModelStore.spend, labels: [:], created: Timestamp(seconds: 1), isStored: true)
        #expect(index.takeUnstored().map(\.id.number) == [0], "a series from the disk is not new")
        #expect(index.takeUnstored().isEmpty)
        #expect(index.takeUnstoredFamilies().map(\.name) == ["clicks_total"])
        index.add(ModelStore.clicks, isStored: false)
        #expect(index.takeUnstoredFamilies().isEmpty)
        index.add(MetricFamily(name: "clicks_total", help: "All clicks.", kind: .counter, unit: .one), isStored: false)
        #expect(index.takeUnstoredFamilies().map(\.help) == ["All clicks."])
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
