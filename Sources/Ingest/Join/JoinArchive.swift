// SPDX-License-Identifier: Apache-2.0

/// Records of joins that have left memory, kept by the store: pages of one join and day, each with records sorted by key.
/// `JoinRecords` makes and reads the pages; whoever keeps them knows which keys are in which.
public protocol JoinArchive: AnyObject {
    /// Memory of what is known of the pages, in bytes.
    var bytes: Int { get }

    /// Calls `body` with each page that may have a record of a key, whatever its day. A page that `body` throws
    /// `ByteReader.Malformed` of is told by its name.
    func forEachPage(
        of join: String,
        thatMayHave key: UInt64,
        _ body: (_ day: UInt32, _ page: UnsafeRawBufferPointer) throws -> Void
    ) throws

    /// Calls `body` with each page of a day, in the order of the keys.
    func forEachPage(of join: String, day: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

    /// Puts pages in the place of all pages and blocks of a join and day. Durable when it returns; when it throws, or is
    /// broken off, what there was is there still.
    ///
    /// - Parameters:
    ///   - records: how many there will be at most.
    ///   - fill: hands over page by page, in the order of keys, and returns the details to be kept with them
    ///     (`JoinState.restore(join:day:records:details:)`). It may read the pages that there are.
    func replace(
        _ join: String,
        day: UInt32,
        atMost records: Int,
        _ fill: (_ put: (_ page: [UInt8], _ keys: [UInt64]) throws -> Void) throws -> [UInt8]
    ) throws
}
