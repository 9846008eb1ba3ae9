// SPDX-License-Identifier: Apache-2.0

import CMalloc
import Glibc

/// What this process takes, as the system says it.
enum SoakMeter {
    /// Seconds of all threads, in user code and in the kernel.
    static var processSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds of the calling thread.
    static var threadSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Bytes that the program has allocated and not freed.
    static var heapBytes: Int {
        let state = mallinfo2()
        return Int(state.uordblks) + Int(state.hblkhd)
    }

    /// Resident bytes that are no part of a file, `RssAnon` of `/proc/self/status` (proc(5)): LevelDB maps its tables, and
    /// the system takes those pages back when it needs them.
    static var anonymousBytes: Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(cString: line)
            guard text.hasPrefix("RssAnon:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) << 10
        }
        return 0
    }

    /// Open file descriptors.
    static var descriptors: Int { names(in: "/proc/self/fd").count - 1 }

    /// Files below a folder of folders.
    static func files(below path: String) -> Int {
        names(in: path).reduce(0) { sum, name in
            var status = stat()
            let here = path + "/" + name
            guard lstat(here, &status) == 0 else { return sum }
            return sum + (status.st_mode & S_IFMT == S_IFDIR ? files(below: here) : 1)
        }
    }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
