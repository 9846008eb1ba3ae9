// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// The batches of all files of one command, in order, read on a thread of its own: a pipe that keeps it waiting keeps
/// nobody else.
final class BatchReader: @unchecked Sendable {
    // Unchecked: `files` and `lines` are only touched on the one thread of `thread`.

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let format: IngestCommand.Format
    private let longestBody: Int
    private var files: ArraySlice<String>
    private var lines: LineBatches?

    /// - Parameters:
    ///   - longestBody: bytes; JSON and CSV files must fit, as they are sent whole.
    init(files: [String], format: IngestCommand.Format, longestBody: Int = 32 << 20) {
        self.files = files[...]
        self.format = format
        self.longestBody = longestBody
        thread.start()
    }

    /// The next batch; nil after the last.
    func next() async throws -> Batch? {
        try await thread.runIfActive { try self.nextOnThread() }
    }

    /// Ends the thread. A read that waits for a pipe ends with the process.
    func stop() {
        thread.shutdownGracefully { _ in }
    }

    private func nextOnThread() throws -> Batch? {
        while true {
            if let batch = try lines?.next() { return batch }
            lines = nil
            guard let path = files.popFirst() else { return nil }
            let file = try InputFile(path)
            var head = ByteBuffer()
            let shape = try detectShape(of: file, head: &head)
            switch shape {
            case .lines: lines = LineBatches(file, contentType: "application/x-ndjson", head: head)
            case .wholeJSON: return try whole(file, head: head, contentType: "application/json")
            case .wholeCSV: return try whole(file, head: head, contentType: "text/csv")
            }
        }
    }

    // MARK: - Shapes

    private enum Shape {
        case lines, wholeJSON, wholeCSV
    }

    /// What `--format` says; for `auto` the file's name, then its first bytes: `[` begins a JSON array, `{` with its `}`
    /// on the same line NDJSON.
    private func detectShape(of file: InputFile, head: inout ByteBuffer) throws -> Shape {
        switch format {
        case .ndjson: return .lines
        case .json: return .wholeJSON
        case .csv: return .wholeCSV
        case .auto: break
        }
        if file.path.lowercased().hasSuffix(".csv") { return .wholeCSV }
        if file.path.lowercased().hasSuffix(".ndjson") { return .lines }
        try read(file, into: &head, atMost: 64 << 10)
        let bytes = head.readableBytesView
        guard let first = bytes.first(where: { ![9, 10, 13, 32].contains($0) }) else { return .lines }
        if first == UInt8(ascii: "[") { return .wholeJSON }
        guard first == UInt8(ascii: "{") else {
            throw CommandFailure("\(file.path): neither JSON nor NDJSON; say --format csv and --mapping for CSV")
        }
        let line = bytes.drop { [9, 10, 13, 32].contains($0) }.prefix { $0 != 10 }
        let isOneLine = line.last { ![9, 13, 32].contains($0) } == UInt8(ascii: "}")
        return isOneLine || line.endIndex == bytes.endIndex ? .lines : .wholeJSON
    }

    private func whole(_ file: InputFile, head: ByteBuffer, contentType: String) throws -> Batch {
        var body = head
        // One byte more than allowed, so that "too large" is seen and not guessed.
        while body.readableBytes <= longestBody {
            let before = body.readableBytes
            try read(file, into: &body, atMost: min(1 << 20, longestBody + 1 - before))
            if body.readableBytes == before {
                return Batch(body: body, contentType: contentType, file: file.path, firstLine: 1)
            }
        }
        throw CommandFailure(
            "\(file.path): JSON and CSV files go to a server as one request of at most \(longestBody) bytes; "
                + "send NDJSON, split the file, or use --data"
        )
    }

    private func read(_ file: InputFile, into buffer: inout ByteBuffer, atMost count: Int) throws {
        var failure: (any Error)?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            do {
                return try file.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
    }
}
