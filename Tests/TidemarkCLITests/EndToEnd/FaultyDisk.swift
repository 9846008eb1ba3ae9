// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A disk that fails at one step of a program's work, by `Tests/Faults/faults.c` preloaded into the program.
struct FaultyDisk {
    /// What happens at the step.
    enum Kind: String, CaseIterable {
        /// The process is killed before it.
        case kill
        /// A write is done by half, then the process is killed.
        case torn
        /// The process is killed, and files keep only what was synced.
        case power
        /// It fails with "Input/output error".
        case eio
        /// It fails with "No space left on device".
        case enospc
    }

    /// The folder whose files count.
    let below: String
    private let library: String
    private let log: String

    /// Compiles the library into a folder.
    init(below: String, in folder: String) throws {
        self.below = below
        library = folder + "/faults.so"
        log = folder + "/steps"
        let source = Program.packageRoot + "/Tests/Faults/faults.c"
        let result = try Program.run(
            "/usr/bin/env",
            ["clang", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source]
        )
        guard result.status == 0 else { throw ServerProcess.Failure("faults.c: \(result.errors)") }
    }

    /// Runs `tidemark` to its end, and counts the steps.
    func steps(of arguments: [String]) throws -> Int {
        let result = try run(arguments, ["FAULTS_LOG": log])
        guard result.status == 0 else { throw ServerProcess.Failure("\(arguments): \(result.errors)") }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        guard let steps = Int(text.dropLast()) else { throw ServerProcess.Failure("no number of steps: \(text)") }
        return steps
    }

    /// Runs `tidemark` with a fault at a step, or at so many in succession.
    func run(
        _ arguments: [String],
        _ kind: Kind,
        at step: Int,
        count: Int = 1
    ) throws -> (status: Int32, output: String, errors: String) {
        try run(arguments, settings(kind, at: step, count: count))
    }

    /// What the environment of a program has to have.
    func settings(_ kind: Kind, at step: Int, count: Int) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAULTS_BELOW": below, "FAULTS_KIND": kind.rawValue, "FAULTS_STEP": String(step),
            "FAULTS_COUNT": String(count),
        ]
    }

    /// The same for a disk of which each step from one on takes so long.
    func settings(slowFrom step: Int, milliseconds: Int) -> [String: String] {
        [
            "LD_PRELOAD": library, "FAULTS_BELOW": below, "FAULTS_KIND": "slow", "FAULTS_STEP": String(step),
            "FAULTS_COUNT": "1000000000", "FAULTS_PAUSE": String(milliseconds),
        ]
    }

    private func run(
        _ arguments: [String],
        _ settings: [String: String]
    ) throws -> (status: Int32, output: String, errors: String) {
        try Program.run(
            Program.tidemark,
            arguments,
            environment: settings.merging(["LD_PRELOAD": library, "FAULTS_BELOW": below]) { one, _ in one }
        )
    }
}
