// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import Testing

@testable import TidemarkServer

/// Compresses text; a test that cannot is a test that fails.
func gzip(_ text: String) throws -> [UInt8] {
    Array(try #require(gzipped(ByteBuffer(string: text))).readableBytesView)
}

@Suite struct GzipTests {
    /// Inflates parts one by one.
    private func inflate(_ parts: [[UInt8]], limit: Int = 1 << 20, budget: Int = 64 << 20) throws -> String {
        let inflater = try GzipInflater(limit: limit)
        var lease = BodyBudget(bytes: budget).lease()
        var output = ByteBuffer()
        for part in parts { try inflater.inflate(ByteBuffer(bytes: part), into: &output, lease: &lease) }
        try inflater.finish()
        return String(buffer: output)
    }

    private func status(_ work: () throws -> String) -> Int? {
        do {
            _ = try work()
            return nil
        } catch {
            return (error as? APIError)?.status.code
        }
    }

    @Test func `what was compressed comes back, in one part or byte by byte`() throws {
        for text in ["", "x", String(repeating: "campaign ", count: 100_000)] {
            let bytes = try gzip(text)
            #expect(try inflate([bytes]) == text)
            #expect(try inflate(bytes.map { [$0] }) == text)
        }
    }

    @Test func `several members are one body`() throws {
        #expect(try inflate([gzip("one "), gzip("two")]) == "one two")
        #expect(try inflate([gzip("one ") + gzip("two")]) == "one two")
    }

    @Test func `a bomb is 413 before it fills memory`() throws {
        let bomb = try gzip(String(repeating: "\0", count: 5 << 20))
        #expect(bomb.count < 64 << 10)
        #expect(status { try inflate([bomb]) } == 413)
        #expect(status { try inflate([bomb], limit: 5 << 20) } == nil)
        #expect(status { try inflate([bomb], limit: (5 << 20) - 1) } == 413)
    }

    @Test func `no memory left is 429`() throws {
        let body = try gzip(String(repeating: "a", count: 900_000))
        #expect(status { try inflate([body], budget: 300_000) } == 429)
    }

    @Test func `garbage and cut-off bodies are 400`() throws {
        let bytes = try gzip("some events")
        #expect(status { try inflate([Array("not gzip".utf8)]) } == 400)
        #expect(status { try inflate([]) } == 400)
        for end in 1..<bytes.count { #expect(status { try inflate([Array(bytes[..<end])]) } == 400) }
        #expect(status { try inflate([bytes + [0x00]]) } == 400)
    }

    @Test func `only gzip and identity are known`() throws {
        #expect(try GzipInflater(encoding: nil, limit: 1) == nil)
        #expect(try GzipInflater(encoding: "Identity", limit: 1) == nil)
        #expect(try GzipInflater(encoding: "GZIP", limit: 1) != nil)
        #expect(throws: APIError.self) { try GzipInflater(encoding: "br", limit: 1) }
        #expect(throws: APIError.self) { try GzipInflater(encoding: "gzip, gzip", limit: 1) }
    }
}

@Suite struct BodyBudgetTests {
    @Test func `a share comes back with its body`() throws {
        let budget = BodyBudget(bytes: 1 << 20)
        do {
            var lease = budget.lease()
            try lease.grow(to: 10)
            #expect(budget.freeBytes == (1 << 20) - (64 << 10))
            try lease.grow(to: 1 << 20)
            #expect(budget.freeBytes == 0)
            #expect(throws: APIError.self) { try lease.grow(to: (1 << 20) + 1) }
            #expect(budget.freeBytes == 0)
        }
        #expect(budget.freeBytes == 1 << 20)
    }
}
