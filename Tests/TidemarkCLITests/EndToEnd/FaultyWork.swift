// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A folder with a data directory, its backup and what that is restored to; the commands that make all of it, and what it
/// comes to.
struct FaultyWork {
    let path: String
    /// What commands change is below it.
    var disk: String { path + "/disk" }
    var data: String { disk + "/data" }
    var restored: String { disk + "/restored" }
    private var backup: String { disk + "/backup" }
    let commands: [[String]]
    private(set) var files: [String] = []
    /// Behind all commands.
    private(set) var truth = CounterReadings()

    /// Six days of events, in three parts; in each of the later ones a fifth of those before comes late, and some again.
    init() throws {
        path = try Program.temporaryFolder()
        let (data, backup, restored) = (path + "/disk/data", path + "/disk/backup", path + "/disk/restored")
        let generated = try Program.run(
            Program.tidemark,
            ["events", "generate", "--seed", "3", "--events", "1500", "--duration", "6d"]
        )
        let lines = generated.output.split(separator: "\n")
        func part(_ range: Range<Int>, isLate: Bool) -> [Substring] {
            range.filter { ($0 % 5 == 0) == isLate }.map { lines[$0] }
        }
        let parts = [
            part(0..<600, isLate: false),
            part(600..<900, isLate: false) + part(0..<600, isLate: true) + part(0..<150, isLate: false),
            part(900..<lines.count, isLate: false) + part(600..<lines.count, isLate: true),
        ]
        var commands: [[String]] = []
        for (number, part) in parts.enumerated() {
            let file = path + "/events\(number).ndjson"
            try (part.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            files.append(file)
            commands += [["ingest", "--data", data, file], ["compact", "--data", data]]
        }
        // Two of the sealed days are older than this.
        commands.append(["compact", "--data", data, "--retention", "3d"])
        commands.append(["backup", "--data", data, backup])
        commands.append(["restore", backup, "--data", restored])
        self.commands = commands
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try keep("before 0")
        var days: [[String]] = []
        for command in commands {
            let result = try Program.run(Program.tidemark, command)
            guard result.status == 0 else { throw ServerProcess.Failure(result.errors) }
            if command[0] == "compact" {
                days.append(try FileManager.default.contentsOfDirectory(atPath: data + "/day").sorted())
            }
        }
        print("sealed days: \(days)")
        // Days are sealed, sealed again, and dropped.
        guard days[0].allSatisfy({ $0.hasSuffix(".1") }), !days[0].isEmpty,
            days[2].contains(where: { $0.hasSuffix(".2") }),
            days[2].count > days[3].count, days[3].count >= 2
        else { throw ServerProcess.Failure("the sealed days are \(days)") }
        truth = try readings()
        // What is not dropped is what all events come to, told once to a directory that seals nothing.
        let all = try ingested()
        guard truth.times.count >= 3, all.times.count > truth.times.count, truth.isPart(of: all) else {
            throw ServerProcess.Failure("the truth is \(truth), of \(all)")
        }
        try bring("before 0")
    }

    /// What all events come to in a directory of their own.
    func ingested() throws -> CounterReadings {
        let plain = path + "/plain"
        defer { try? FileManager.default.removeItem(atPath: plain) }
        let result = try Program.run(Program.tidemark, ["ingest", "--data", plain] + files)
        guard result.status == 0 else { throw ServerProcess.Failure(result.errors) }
        return try readings(of: plain)
    }

    /// The counters of campaigns of each day that has any: every sample of the day, added.
    func readings(of data: String? = nil) throws -> CounterReadings {
        let data = data ?? self.data
        // A store is one from the moment it has its format.
        guard Program.exists(data + "/FORMAT") else { return CounterReadings() }
        let query = try Program.run(
            Program.tidemark,
            [
                "query", "--data", data, "--start", "2026-01-01T23:59:59Z", "--end", "2026-01-12T23:59:59Z",
                "--step", "1d", "--output", "json",
                ["clicks", "impressions", "conversions", "spend", "revenue"].map { name in
                    #"label_replace(sum(sum_over_time(campaign_\#(name)_total[1d])), "name", "\#(name)", "", "")"#
                }.joined(separator: " or "),
            ]
        )
        guard query.status == 0 else { throw ServerProcess.Failure(query.errors) }
        return try CounterReadings(json: Data(query.output.utf8))
    }

    /// A backup and a restored directory are whole, or not there, or were being made.
    ///
    /// - Parameters:
    ///   - command: that ran into a fault, and its status.
    ///   - mayStay: whether the disk failed in the removal of what was made, too.
    func expectFolders(behind command: [String], _ status: Int32, mayStay: Bool, _ here: Comment) throws {
        if let made = folder(madeBy: command) {
            let isMade = Program.exists(made)
            #expect(status != 0 || isMade, here)
            #expect(status != 1 || mayStay || !isMade, "\(here): it failed, and what it made is there")
        }
        for folder in [backup, restored] {
            if Program.exists(folder) {
                let verified = try Program.run(Program.tidemark, ["verify", "--data", folder])
                #expect(verified.status == 0, "\(here): \(verified.errors)")
            }
            if Program.exists(folder + ".tmp") {
                #expect(status < 0 || mayStay, "\(here): what was made is removed")
                // As an operator is told to do.
                try FileManager.default.removeItem(atPath: folder + ".tmp")
            }
        }
        if Program.exists(restored) { #expect(try readings(of: restored) == truth, here) }
    }

    /// The folder that a command makes, which it refuses to do when it is there.
    func folder(madeBy command: [String]) -> String? { ["backup": backup, "restore": restored][command[0]] }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Keeps the disk as it is under a name.
    func keep(_ name: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + name)
        try FileManager.default.copyItem(atPath: disk, toPath: path + "/" + name)
    }

    /// Brings a disk back.
    func bring(_ name: String) throws {
        try? FileManager.default.removeItem(atPath: disk)
        try FileManager.default.copyItem(atPath: path + "/" + name, toPath: disk)
    }
}

/// Counters that go up, at some times.
struct CounterReadings: Equatable {
    private var values: [String: [Double: Double]] = [:]

    init() {}

    /// From the answer to a range query.
    init(json: Data) throws {
        let answer = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        for element in answer?["result"] as? [[String: Any]] ?? [] {
            guard let name = (element["metric"] as? [String: String])?["name"] else { continue }
            for pair in element["values"] as? [[Any]] ?? [] {
                guard pair.count == 2, let time = (pair[0] as? NSNumber)?.doubleValue, let text = pair[1] as? String,
                    let value = Double(text)
                else { throw ServerProcess.Failure("no reading: \(pair)") }
                values[name, default: [:]][time] = value
            }
        }
    }

    /// When there is any.
    var times: Set<Double> { Set(values.values.flatMap(\.keys)) }

    func isPart(of other: CounterReadings) -> Bool {
        values.allSatisfy { name, readings in readings.allSatisfy { other.values[name]?[$0.key] == $0.value } }
    }

    /// Each is as it was before some work, or behind it, or on its way; a day is there or gone.
    func expect(between before: CounterReadings, and after: CounterReadings, _ here: Comment) {
        for name in Set(before.values.keys).union(after.values.keys).union(values.keys) {
            for time in before.times.union(after.times).union(times) {
                let (least, found, most) = (
                    before.values[name]?[time], values[name]?[time], after.values[name]?[time]
                )
                var isRight = found == least || found == most
                if let found, let most { isRight = isRight || ((least ?? 0)...max(most, least ?? 0)).contains(found) }
                #expect(
                    isRight,
                    "\(here): \(name) at \(time) is \(found as Any), was \(least as Any), is to be \(most as Any)"
                )
            }
        }
    }
}
