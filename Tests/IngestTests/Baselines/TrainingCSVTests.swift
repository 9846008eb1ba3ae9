// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import YAML

@testable import Ingest

/// A baseline of a training file with this text; the text alone gives the same, or ends with the same fault.
func train(
    _ text: String,
    version: String? = nil,
    options: TrainingOptions = TrainingOptions()
) throws -> Baseline {
    let directory = try TemporaryDirectory()
    let file = directory.path + "/training"
    try writeBytes(text.utf8, to: file)
    let ofText = Result { () throws(FileError) in
        try Array(text.utf8).withUnsafeBufferPointer { text throws(FileError) in
            try Baseline.read(text, named: file, model: "m", version: version, created: made, options: options)
        }
    }
    do {
        let read = try Baseline.read(file, model: "m", version: version, created: made, options: options)
        #expect(ofText == .success(read))
        return read
    } catch let error {
        #expect(ofText == .failure(error))
        throw FileError(file: "training", line: error.line, reason: error.reason)
    }
}

/// The fault that reading this text ends with.
func trainingFault(
    _ text: String,
    version: String? = nil,
    options: TrainingOptions = TrainingOptions()
) -> String {
    do {
        _ = try train(text, version: version, options: options)
        return "no fault"
    } catch {
        return "\(error)"
    }
}

extension Baseline {
    /// Each feature as `name 3 missing 1: a=2 other=1`.
    var summary: [String] {
        features.map { feature in
            let bins = zip(feature.binLabels, feature.counts).map { "\($0)=\($1)" }
            let kind = feature.upperBounds.map { "\($0)" } ?? "categories"
            return "\(feature.name) \(kind) \(bins.joined(separator: " ")) missing=\(feature.missing)"
        }
    }
}

@Suite struct `A training file of CSV` {
    @Test func `has numeric columns and others`() throws {
        let baseline = try train(
            "id,age,city\n1,20,Seoul\n2,30,Busan\n3,40,Seoul\n",
            options: .init(leftOut: ["id"], bins: 2)
        )
        #expect(baseline.model == "m")
        #expect(baseline.number == 0)
        #expect(baseline.created == made)
        #expect(baseline.source.hasSuffix("/training: 3 rows"))
        #expect(
            baseline.summary == [
                "age [30.0] 01=2 02=1 missing=0",
                "city categories Seoul=2 Busan=1 other=0 missing=0",
            ]
        )
    }

    @Test func `has missing values where it is empty, null or NaN`() throws {
        let baseline = try train("x,c\n1,a\n,\nnull,NULL\nNaN,nan\n\"\",\"\"\n", options: .init(bins: 2))
        #expect(
            baseline.summary == [
                "x [\(1.0.nextDown), 1.0] 01=0 02=1 03=0 missing=4", "c categories a=1 other=0 missing=4",
            ]
        )
        #expect(baseline.features[0].missingRatio == 0.8)
    }

    @Test func `has numbers in every spelling of decimals, and infinities`() throws {
        let baseline = try train("x\n1\n-2.5\n+3e2\n.5\ninf\n-Infinity\n1e999\n", options: .init(bins: 2))
        #expect(baseline.features[0].observations == 7)
        #expect(baseline.features[0].upperBounds == [1])
    }

    @Test func `has categories where one value is no number, spelt as written`() throws {
        let text = "zip\n" + String(repeating: "08412\n", count: 3) + "8412\nA1\n"
        #expect(try train(text).summary == ["zip categories 08412=3 8412=1 A1=1 other=0 missing=0"])
    }

    @Test func `may name columns of numbers that are categories`() throws {
        let baseline = try train("position\n1\n2.0\n2\n1.0\n1\n", options: .init(categories: ["position"]))
        #expect(baseline.summary == ["position categories 1=3 2=2 other=0 missing=0"])
    }

    @Test func `may have text first, numbers behind it`() throws {
        #expect(try train("x\nlow\n1\n1\n").summary == ["x categories 1=2 low=1 other=0 missing=0"])
    }

    @Test func `keeps the top values; the rest, the word other and what is too long are other`() throws {
        let long = String(repeating: "x", count: 1_025)
        let rows = ["a", "a", "a", "b", "b", "c", "c", "d", "other", "other", long]
        let baseline = try train("v\n" + rows.joined(separator: "\n"), options: .init(topValues: 2))
        #expect(baseline.summary == ["v categories a=3 b=2 other=6 missing=0"])
        let all = try train("v\n" + rows.joined(separator: "\n"))
        #expect(all.summary == ["v categories a=3 b=2 c=2 d=1 other=3 missing=0"])
        let none = try train("v\n" + rows.joined(separator: "\n"), options: .init(topValues: 0))
        #expect(none.summary == ["v categories other=11 missing=0"])
    }

    @Test func `knows true and false in any case`() throws {
        #expect(try train("v\nTrue\ntrue\nFalse\n").summary == ["v categories true=2 false=1 other=0 missing=0"])
    }

    @Test func `may have quotes, line ends within them, a byte order mark and carriage returns`() throws {
        let text = "\u{FEFF}\"a \"\"b\"\"\",c\r\n1,\"x\ny\"\r\n\r\n2,\"x,z\""
        #expect(
            try train(text, options: .init(bins: 2)).summary == [
                "a \"b\" [1.0] 01=1 02=1 missing=0", "c categories x\ny=1 x,z=1 other=0 missing=0",
            ]
        )
        #expect(try train("a;b\n1;2\n", options: .init(delimiter: UInt8(ascii: ";"))).features.count == 2)
    }

    @Test func `has no feature where a column has no name`() throws {
        #expect(try train(",x\n0,5\n1,5\n").features.map(\.name) == ["x"])
    }

    @Test func `has a column without any value as one that is always missing`() throws {
        #expect(try train("x,y\n,1\n,2\n").summary.first == "x categories other=0 missing=2")
    }

    @Test(
        arguments: [
            ("a,b\n1,2\n1\n", "training:3: 1 fields, expected 2"),
            ("a,b\n\"1\n\",2\n1,2,3\n", "training:4: 3 fields, expected 2"),
            ("a,b\n1,2\n1,x\"y\n", "training:3: a quote inside a field that is not quoted"),
            ("a,b\n1,\"2\n", "training:2: a quote is not closed, or text follows a closing quote"),
            ("a,a\n1,2\n", "training:1: the column 'a' is there twice"),
            ("a,b\n", "training: no rows, and no predictions of the model 'm'"),
            ("", "training: no rows, and no predictions of the model 'm'"),
            ("[{}]", "training:1: a JSON array; one object on each line is read"),
        ]
    )
    func `ends with its first fault`(text: String, fault: String) {
        #expect(trainingFault(text) == fault)
    }

    @Test func `that is not UTF-8 is refused`() throws {
        let directory = try TemporaryDirectory()
        try writeBytes(bytes("a\n1\n") + [0xFF, 0x0A], to: directory.path + "/x")
        let fault = #expect(throws: FileError.self) {
            try Baseline.read(directory.path + "/x", model: "m", created: made)
        }
        #expect(fault?.line == 3)
    }

    @Test func `that is not there, or is a directory, is refused by name`() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path, directory.path + "/none"] {
            let fault = #expect(throws: FileError.self) { try Baseline.read(path, model: "m", created: made) }
            #expect(fault?.file == path)
        }
    }

    @Test func `must have the columns that the options name`() {
        #expect(trainingFault("a\n1\n", options: .init(leftOut: ["b"])) == "training:1: there is no column 'b'")
        #expect(trainingFault("a\n1\n", options: .init(categories: ["b"])) == "training:1: there is no column 'b'")
    }

    @Test func `with too many different texts names the column, and what made it one of texts`() {
        let numbers = (1...100_001).map(String.init).joined(separator: "\n")
        #expect(
            trainingFault("a,b\n" + (1...100_001).map { "1,t\($0)" }.joined(separator: "\n"))
                == "training:100002: the column 'b' has more than 100,000 different values "
                + "('t1' on line 2 is no number): leave it out"
        )
        #expect(
            trainingFault("b\n" + numbers + "\n-\n")
                == "training:100002: the column 'b' has more than 100,000 different values "
                + "('-' on line 100003 is no number): leave it out"
        )
    }

    @Test func `longer than a piece is read as a whole`() throws {
        var random = SeededRandom(for: "long training file")
        var text = "n,quoted\n"
        var sum = 0
        var rows: UInt64 = 0
        while text.utf8.count < 9 << 20 {
            let number = random.below(1_000_000)
            sum += number
            rows += 1
            text += "\(number),\"\(String(repeating: "a\n", count: random.below(20)))\"\n"
        }
        let baseline = try train(text)
        let number = baseline.features[0]
        #expect(number.observations == rows)
        #expect(baseline.features[1].observations + baseline.features[1].missing == rows)
        let mean = zip(number.positions!, number.ratios).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(mean - Double(sum) / Double(rows)) < 1e-6)
        let fault = trainingFault(text + "1\n")
        let line = text.utf8.count { $0 == 0x0A } + 1
        #expect(fault == "training:\(line): 1 fields, expected 2")
    }
}
