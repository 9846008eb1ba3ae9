// SPDX-License-Identifier: Apache-2.0

/// What a query's answer is told with: warnings and infos, each once.
///
/// Source of texts and merging: Prometheus, `util/annotations/annotations.go`.
package struct Annotations: Sendable {
    /// A remark about one place of the query.
    package struct Note: Hashable, Sendable {
        /// Begins with `PromQL warning: ` or `PromQL info: `, without the place.
        package var text: String
        /// What it is about, or nil.
        package var position: SourceRange?
        /// Whether it is an info.
        package var isInfo: Bool
    }

    /// In the order in which they first came.
    package private(set) var notes: [Note] = []
    private var known: Set<Note> = []

    package init() {}

    /// Adds `PromQL warning: ` and the text.
    package mutating func warn(_ text: String, at position: SourceRange?) {
        add(Note(text: "PromQL warning: " + text, position: position, isInfo: false))
    }

    /// Adds `PromQL info: ` and the text.
    package mutating func inform(_ text: String, at position: SourceRange?) {
        add(Note(text: "PromQL info: " + text, position: position, isInfo: true))
    }

    package mutating func add(_ note: Note) {
        if known.insert(note).inserted { notes.append(note) }
    }

    /// Adds those of another.
    package mutating func merge(_ other: Annotations) {
        for note in other.notes { add(note) }
    }
}
