// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// `process_*`: what every Prometheus client library says about its process, read from `/proc`.
///
/// Source: prometheus/docs, "Writing client libraries", Process metrics. A value that cannot be read is left out.
struct ProcessMetrics: Equatable {
    var cpuSeconds: Double?
    var residentBytes: Int?
    var virtualBytes: Int?
    var openFiles: Int?
    var maximumFiles: UInt64?
    /// Unix seconds.
    var startTime: Double?

    /// Appends the families whose values are known.
    func append(to page: inout PageText) {
        let families: [(name: String, kind: PageText.Kind, help: String, value: String?)] = [
            ("process_cpu_seconds_total", .counter, "User and system CPU time spent.", cpuSeconds.map(doubleText)),
            ("process_max_fds", .gauge, "Limit of open file descriptors.", maximumFiles.map(String.init)),
            ("process_open_fds", .gauge, "Open file descriptors.", openFiles.map(String.init)),
            ("process_resident_memory_bytes", .gauge, "Resident memory.", residentBytes.map(String.init)),
            ("process_start_time_seconds", .gauge, "Start of the process, Unix seconds.", startTime.map(doubleText)),
            ("process_virtual_memory_bytes", .gauge, "Virtual memory.", virtualBytes.map(String.init)),
        ]
        for family in families {
            guard let value = family.value else { continue }
            page.beginFamily(family.name, help: family.help, kind: family.kind)
            page.sample(family.name, value)
        }
    }

    // MARK: - Reading

    /// The values of this process, now.
    static func current() -> ProcessMetrics {
        var metrics = ProcessMetrics(processStatus: contents(of: "/proc/self/stat"), bootTime: bootTime)
        metrics.openFiles = openFileCount()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            metrics.maximumFiles = UInt64(limit.rlim_cur)
        }
        return metrics
    }

    init() {}

    /// Takes the fields of `/proc/self/stat` apart.
    ///
    /// Source: proc(5): after the parenthesised command, which may hold anything, field 14 is utime, 15 stime,
    /// 22 starttime (ticks), 23 vsize (bytes), 24 rss (pages), counted from 1.
    init(
        processStatus: String,
        bootTime: Double?,
        ticksPerSecond: Int = sysconf(Int32(_SC_CLK_TCK)),
        pageSize: Int = sysconf(Int32(_SC_PAGESIZE))
    ) {
        guard let command = processStatus.lastIndex(of: ")") else { return }
        let fields = processStatus[command...].split(separator: " ").dropFirst()
        func field(_ number: Int) -> Int? {
            let index = fields.startIndex + number - 3
            return index < fields.endIndex ? Int(fields[index]) : nil
        }
        guard ticksPerSecond > 0 else { return }
        if let user = field(14), let system = field(15) { cpuSeconds = Double(user + system) / Double(ticksPerSecond) }
        if let bootTime, let start = field(22) { startTime = bootTime + Double(start) / Double(ticksPerSecond) }
        virtualBytes = field(23)
        residentBytes = field(24).map { $0 * pageSize }
    }

    /// `btime` of `/proc/stat`; it does not change while the machine runs.
    private static let bootTime: Double? = {
        for line in contents(of: "/proc/stat").split(separator: "\n") where line.hasPrefix("btime ") {
            return Double(line.dropFirst("btime ".count))
        }
        return nil
    }()

    private static func openFileCount() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        // `.`, `..` and the descriptor of this listing are not counted.
        var count = -3
        while readdir(directory) != nil { count += 1 }
        return count
    }

    /// A small file of `/proc`, or nothing.
    private static func contents(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(file, &block, block.count)
            guard count > 0 else { break }
            text.append(contentsOf: block[..<count])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
