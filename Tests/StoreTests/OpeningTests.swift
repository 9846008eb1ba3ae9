// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A data directory` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// The error of opening, which tells an operator what is wrong in one line.
    private func failure(
        at path: String,
        resolution: SlotResolution = .standard,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> StoreError? {
        let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) {
            try SeriesStore.open(at: path, resolution: resolution)
        }
        #expect(error?.description.contains("\n") == false, sourceLocation: sourceLocation)
        #expect(error?.message.contains(path) == true, sourceLocation: sourceLocation)
        return error
    }

    @Test func `that is open is in use, and named with the process that has it`() throws {
        let store = try SeriesStore.open(at: directory.store)
        let error = failure(at: directory.store)
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("process \(getpid())") == true)
        store.close()
        store.close()
        try SeriesStore.open(at: directory.store).close()
    }

    @Test func `that another process has is in use, and free again when that process is gone`() async throws {
        let path = directory.store
        do {
            let store = try SeriesStore.open(at: path)
            await #expect(processExitsWith: .success) { [path = path as String, owner = getpid() as Int32] in
                let error = #expect(throws: StoreError.self) { try SeriesStore.open(at: path) }
                #expect(error?.code == .inUse)
                #expect(error?.message.contains("process \(owner);") == true)
                #expect(owner != getpid())
            }
            store.close()
        }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SeriesStore.open(at: path)
            kill(getpid(), SIGKILL)
            store.close()
        }
        try SeriesStore.open(at: path).close()
    }

    @Test func `is free again when its opening failed, or its last reference goes`() throws {
        do { _ = try SeriesStore.open(at: directory.store) }
        #expect(failure(at: directory.store, resolution: SlotResolution(seconds: 60)!)?.code == .incompatible)
        try SeriesStore.open(at: directory.store).close()
    }

    @Test func `keeps its resolution and its secret`() throws {
        let minute = try #require(SlotResolution(seconds: 60))
        let store = try SeriesStore.open(at: directory.store, resolution: minute)
        let secret = store.secret
        store.close()
        let error = failure(at: directory.store)
        #expect(error?.code == .incompatible)
        #expect(error?.message.contains("60 s, not 15 s") == true)
        let reopened = try SeriesStore.open(at: directory.store, resolution: minute)
        #expect(reopened.secret == secret && secret != (0, 0))
        let other = try SeriesStore.open(at: directory.path + "/other")
        #expect(other.secret != secret)
    }

    @Test func `of another format is refused and left as it is`() throws {
        try SeriesStore.open(at: directory.store).close()
        for text in ["tidemark 2\n", "", "something else\nentirely", "tidemark 1"] {
            try writeBytes(text.utf8, to: directory.store + "/FORMAT")
            let error = failure(at: directory.store)
            #expect(error?.code == .incompatible)
            #expect(error?.message.contains("'tidemark 1'") == true)
            #expect(try readBytes(directory.store + "/FORMAT") == Array(text.utf8))
        }
        try writeBytes("tidemark 1\n".utf8, to: directory.store + "/FORMAT")
        try SeriesStore.open(at: directory.store).close()
    }

    @Test func `has metrics that keep their unit`() throws {
        let store = try SeriesStore.open(at: directory.store)
        try store.declare(ModelStore.clicks)
        let other = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .micro)
        let error = #expect(throws: StoreError.self) { try store.declare(other) }
        #expect(error?.code == .incompatible)
        #expect(error?.message.contains("'clicks_total'") == true)
        try store.declare(MetricFamily(name: "clicks_total", help: "Other help.", kind: .counter, unit: .one))
    }

    @Test func `that is a file, lies under a file, or has a zero byte in its name is an error`() throws {
        let file = directory.path + "/file"
        try writeBytes([1], to: file)
        #expect(failure(at: file)?.code == .io)
        #expect(failure(at: file + "/below")?.code == .io)
    }

    @Test func `is made with the directories above it, and by a relative path too`() throws {
        let deep = directory.path + "/a/b//c"
        try SeriesStore.open(at: deep).close()
        #expect(try readBytes(deep + "/FORMAT") == Array("tidemark 1\n".utf8))
    }

    @Test(.enabled("needs root, to become somebody else") { getuid() == 0 })
    func `that may not be read is an error that says so`() async throws {
        let path = directory.store
        try SeriesStore.open(at: path).close()
        chmod(directory.path, 0o711)
        for mode in [mode_t(0o000), 0o500] {
            chmod(path, mode)
            await #expect(processExitsWith: .success) { [path = path as String] in
                guard setgid(65_534) == 0, setuid(65_534) == 0 else { return }
                let error = #expect(throws: StoreError.self) { try SeriesStore.open(at: path) }
                #expect(error?.code == .io)
                #expect(error?.message.contains("Permission denied") == true)
                #expect(error?.message.contains(path) == true)
            }
        }
    }
}
