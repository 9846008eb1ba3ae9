// SPDX-License-Identifier: Apache-2.0

/// Pieces of lines, written once and copied many times.
struct FragmentTable: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private let ends: [Int]

    init(_ fragments: [String]) {
        let text = Array(fragments.joined().utf8)
        bytes = .allocate(byteCount: text.count, alignment: 16)
        bytes.copyBytes(from: text)
        var end = 0
        ends =
            [0]
            + fragments.map { fragment in
                end += fragment.utf8.count
                return end
            }
    }

    deinit {
        bytes.deallocate()
    }

    /// Copies fragment `index` to the end of `buffer`.
    func append(_ index: Int, to buffer: inout LineBuffer) {
        buffer.append(UnsafeRawBufferPointer(rebasing: bytes[ends[index]..<ends[index + 1]]))
    }
}
