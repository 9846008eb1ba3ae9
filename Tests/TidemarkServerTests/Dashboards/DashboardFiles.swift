// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The dashboards as they lie in `grafana/dashboards/`, and programs that know something about them.
enum DashboardFiles {
    /// The root of this package.
    static let root: String = {
        var path = #filePath as NSString
        for _ in 0..<4 { path = path.deletingLastPathComponent as NSString }
        return path as String
    }()

    static let names = ["campaigns", "models", "quality", "self"]

    /// The JSON of one, as a tree.
    static func tree(_ name: String) throws -> JSONTree {
        try JSONTree(Data(contentsOf: URL(filePath: "\(root)/grafana/dashboards/\(name).json")))
    }

    /// All of them, by name.
    static func all() throws -> [(name: String, tree: JSONTree)] {
        try names.map { ($0, try tree($0)) }
    }

    /// Runs a program of Debian's Python to its end. What it prints, errors too.
    static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// JSON that a test reads by path, and changes to see whether somebody notices.
struct JSONTree {
    var value: Any

    init(_ value: Any) { self.value = value }

    init(_ data: Data) throws { value = try JSONSerialization.jsonObject(with: data) }

    subscript(_ key: String) -> JSONTree {
        get { JSONTree((value as? [String: Any])?[key] ?? NSNull()) }
        set {
            var object = value as? [String: Any] ?? [:]
            object[key] = newValue.value
            value = object
        }
    }

    subscript(_ index: Int) -> JSONTree {
        get {
            let list = value as? [Any] ?? []
            return JSONTree(list.indices.contains(index) ? list[index] : NSNull())
        }
        set {
            guard var list = value as? [Any], list.indices.contains(index) else { return }
            list[index] = newValue.value
            value = list
        }
    }

    var elements: [JSONTree] {
        get { (value as? [Any] ?? []).map(JSONTree.init) }
        set { value = newValue.map(\.value) }
    }

    var members: [String: JSONTree] { (value as? [String: Any] ?? [:]).mapValues(JSONTree.init) }
    var text: String? { value as? String }
    var number: Int? { value as? Int }
    var isTrue: Bool { value as? Bool ?? false }
    var data: Data { get throws { try JSONSerialization.data(withJSONObject: value) } }

    /// Of a dashboard: all panels but rows, those within rows too.
    var allPanels: [JSONTree] {
        self["panels"].elements.flatMap { $0["type"].text == "row" ? $0["panels"].elements : [$0] }
    }
}
