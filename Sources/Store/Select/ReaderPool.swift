// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A reader on loan, for as long as a thread's columns are there. Making one, with its 150 KB of memory, would take longer
/// than to read a series with it.
///
/// What a reader remembers it remembers of one view, by the view's serial number; so any next one may have it.
final class BorrowedReader {
    let reader: SeriesReader

    /// Readers that nobody uses, a few of them.
    private static let spare = Mutex(SpareReaders())

    init() {
        reader = BorrowedReader.spare.withLock { $0.readers.popLast() } ?? SeriesReader()
    }

    deinit {
        BorrowedReader.spare.withLock { spare in
            if spare.readers.count < SeriesView.readers { spare.readers.append(reader) }
        }
    }

    /// Readers are of one thread at a time; those here are of none.
    private struct SpareReaders: @unchecked Sendable {
        var readers: [SeriesReader] = []
    }
}
