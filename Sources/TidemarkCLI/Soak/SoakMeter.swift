// SPDX-License-Identifier: Apache-2.0

import CMalloc
import Foundation

/// What this process takes, as the system says it.
enum SoakMeter {
    /// Seconds of processor time of all threads, in user code and in the kernel.
    static var processSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Bytes that the program has allocated and not freed.
    static var heapBytes: Int {
        let state = mallinfo2()
        return Int(state.uordblks) + Int(state.hblkhd)
    }

    /// Resident bytes that are no part of a file, `RssAnon` of `/proc/self/status` (proc(5)): LevelDB maps its tables, and
    /// the system takes those pages back when it needs them.
    static func anonymousBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return (Int((line ?? "").filter(\.isNumber)) ?? 0) << 10
    }

    /// Open file descriptors, without the one of this listing.
    static func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count - 1
    }

    /// Files and folders below a folder.
    static func files(below path: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: path).count
    }
}
