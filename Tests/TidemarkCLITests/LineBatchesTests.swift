// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import TidemarkCLI

@Suite struct LineBatchesTests {
    private func batches(_ path: String, longestLine: Int = 32 << 20) throws -> [Batch] {
        var lines = LineBatches(try InputFile(path), contentType: "t", longestLine: longestLine)
        var batches: [Batch] = []
        while let batch = try lines.next() { batches.append(batch) }
        return batches
    }

    @Test(arguments: [0, 1, 999, 1_000, 1_001, 2_500, 60_000])
    func `batches are a thousand lines, whole, in order and numbered`(count: Int) throws {
        let scratch = try Scratch()
        let text = (0..<count).map {
            "{\"id\":\"event number \($0) with about a hundred bytes of text in it, as events have them on a good day\"}\n"
        }.joined()
        for text in [text, String(text.dropLast())] {
            let all = try batches(try scratch.file("e.ndjson", text))
            #expect(all.map { String(buffer: $0.body) }.joined() == text)
            #expect(all.map(\.firstLine) == all.indices.map { $0 * 1_000 + 1 })
            #expect(all.count == (count + 999) / 1_000)
        }
    }

    @Test func `long lines make smaller batches, and too long ones fail with their line`() throws {
        let scratch = try Scratch()
        let line = String(repeating: "x", count: 1_000_000) + "\n"
        let all = try batches(try scratch.file("long", String(repeating: line, count: 10)))
        #expect(all.map(\.body.readableBytes).reduce(0, +) == 10 * line.utf8.count)
        #expect(all.allSatisfy { $0.body.readableBytes <= 8 << 20 })

        let huge = try scratch.file("huge", "{}\n" + String(repeating: "x", count: 9 << 20) + "\n")
        let error = #expect(throws: CommandFailure.self) { try batches(huge, longestLine: 1 << 20) }
        #expect(error?.description == "\(huge):2: the line is longer than 1048576 bytes")
        #expect(try batches(huge).count == 2 || batches(huge).count == 1)
    }

    @Test func `lines of a pipe do not wait for more`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[1]) }
        var lines = LineBatches(try InputFile("/dev/fd/\(ends[0])"), contentType: "t")
        write("{\"a\":1}\n{\"b\"", to: ends[1])
        #expect(try lines.next().map { String(buffer: $0.body) } == "{\"a\":1}\n")
        write(":2}\n", to: ends[1])
        let second = try #require(try lines.next())
        #expect(String(buffer: second.body) == "{\"b\":2}\n")
        #expect(second.firstLine == 2)
    }

    @Test func `a line of a batch is found by its number`() {
        let batch = Batch(body: ByteBuffer(string: "a\r\nb\n\nd"), contentType: "", file: "", firstLine: 1)
        #expect((0...6).map { batch.text(ofLine: $0) } == [nil, "a", "b", "", "d", nil, nil])
    }
}

@Suite struct BatchReaderTests {
    private func types(_ files: [String], _ format: IngestCommand.Format = .auto, longestBody: Int = 1 << 20)
        async throws -> [String]
    {
        let reader = BatchReader(files: files, format: format, longestBody: longestBody)
        defer { reader.stop() }
        var types: [String] = []
        while let batch = try await reader.next() { types.append("\(batch.contentType) \(batch.body.readableBytes)") }
        return types
    }

    @Test func `auto looks at the name and the first bytes`() async throws {
        let scratch = try Scratch()
        let files = [
            try scratch.file("a.ndjson", "[]\n"), try scratch.file("b.csv", "a,b\n"),
            try scratch.file("c", "{\"a\":1}\n{}\n"),
            try scratch.file("d", " [\n{}]\n"), try scratch.file("e", "{\n\"a\": 1}\n"),
            try scratch.file("f", "{\"a\":1}"),
            try scratch.file("g", ""),
        ]
        #expect(
            try await types(files) == [
                "application/x-ndjson 3", "text/csv 4", "application/x-ndjson 11", "application/json 7",
                "application/json 10", "application/x-ndjson 7",
            ]
        )
    }

    @Test func `whole files have a limit`() async throws {
        let scratch = try Scratch()
        let file = try scratch.file("a.csv", String(repeating: "x", count: 1_000))
        #expect(try await types([file], longestBody: 1_000) == ["text/csv 1000"])
        await #expect(throws: CommandFailure.self) { try await types([file], longestBody: 999) }
        await #expect(throws: CommandFailure.self) { try await types([scratch.path + "/none"]) }
    }
}
