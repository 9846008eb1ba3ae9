// SPDX-License-Identifier: Apache-2.0

/// How a ``Database`` is opened. Every field has a default that suits a store of many small values on a local disk.
///
/// Two things are not options. Reads always verify checksums, because a wrong number is worse than no number. Keys are
/// always in bytewise order, because LevelDB gives up shortening keys in its index for a comparator written in C.
/// LevelDB clips sizes outside its own limits without a word; the limits are given with each field. A negative size
/// is a programmer error.
public struct Options: Sendable, Hashable {
    /// Makes the database, and the last component of its path, when there is none. Default `false`: a mistyped path is
    /// an error (``LevelDBError/Code/notFound``), not an empty answer.
    public var createIfMissing = false

    /// Refuses to open a database that exists (``LevelDBError/Code/alreadyExists``). Default `false`; of use to a
    /// writer of new directories that must not mix its files with older ones.
    public var errorIfExists = false

    /// Treats a damaged record in the log, the manifest, an index or a filter as an error at once. Default `true`:
    /// without it LevelDB drops the damaged part of its log, replays what follows, and says nothing; and it believes
    /// a damaged index or filter, which gives wrong answers or ends the process.
    public var paranoidChecks = true

    /// Bytes gathered in memory before they are sorted into a table. Default 16 MiB: the log of that size is what an
    /// opening database replays, about 0.3 s. Two such buffers can be resident. Limits 64 KiB to 1 GiB.
    public var writeBufferSize = 16 << 20

    /// Files LevelDB may hold open, ten of them for itself. Default 1000, LevelDB's own: 4 GB of tables at
    /// ``maxFileSize`` never need reopening. Lower it to about 128 where many databases are open at once.
    /// Limits 74 to 50 000.
    public var maxOpenFiles = 1_000

    /// Uncompressed bytes of a block, the unit of reading, checksumming and compression. Default 16 KiB: neighbouring
    /// keys are mostly read together, and larger blocks compress better. LevelDB's own default is 4 KiB.
    /// Limits 1 KiB to 4 MiB.
    public var blockSize = 16 << 10

    /// Bytes after which a compaction begins the next table. Default 8 MiB: a quarter of the files, and of the
    /// manifest, that LevelDB's own 2 MiB gives. Limits 1 MiB to 1 GiB.
    public var maxFileSize = 8 << 20

    /// Bytes of the cache of uncompressed blocks, one for each database. Default 8 MiB, LevelDB's own, because many
    /// databases may be open at once. Zero turns it off. Uncompressed tables that are memory mapped bypass it.
    public var blockCacheBytes = 8 << 20

    /// Bits of bloom filter for each key. Default 10, about 1 % false positives, which halves the time of a
    /// ``Database/get(_:)-([UInt8])`` that finds nothing. Cursors make no use of it. Zero writes no filter and reads none.
    public var bloomBitsPerKey = 10

    /// How blocks are compressed on disk. Default ``Compression/snappy``; a block that it does not shrink by an eighth
    /// is stored as it is. May differ from one opening to the next: each block says how it was written.
    public var compression = Compression.snappy

    /// The defaults above.
    public init() {}

    /// A way to compress blocks. LevelDB 1.23 knows no others.
    public enum Compression: Sendable, Hashable {
        /// Blocks as they are; for values that are compressed already.
        case none
        /// Snappy: fast, and about half the size on text and counters.
        case snappy
    }
}
