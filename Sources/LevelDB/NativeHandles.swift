// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB

/// The C objects behind one open ``Database``: created together, destroyed together, in the order LevelDB requires.
///
/// `leveldb_open` copies the options, but keeps pointers to the cache and the filter policy, which therefore have to
/// outlive the `DB`.
struct NativeHandles: ~Copyable {
    let database: OpaquePointer
    /// Verifies checksums and leaves what it read in the block cache.
    let readOptions: OpaquePointer
    /// Verifies checksums and leaves the block cache as it is.
    let scanOptions: OpaquePointer
    /// Leaves checksums of blocks to the reader, and what it read in the block cache.
    let uncheckedOptions: OpaquePointer
    let writeOptions: OpaquePointer
    let syncedWriteOptions: OpaquePointer
    private let cache: OpaquePointer
    private let filter: OpaquePointer?

    /// Opens the database at `path`. Whatever was allocated is released again when that fails.
    init(path: String, options: Options) throws(LevelDBError) {
        let cache: OpaquePointer = leveldb_cache_create_lru(options.blockCacheBytes)
        let filter: OpaquePointer? =
            options.bloomBitsPerKey > 0 ? leveldb_filterpolicy_create_bloom(CInt(options.bloomBitsPerKey)) : nil
        let native = makeOptions(options, cache: cache, filter: filter)
        defer { leveldb_options_destroy(native) }

        do throws(LevelDBError) {
            database = try check(path: path) { leveldb_open(native, path, $0) }!
        } catch {
            leveldb_cache_destroy(cache)
            if let filter { leveldb_filterpolicy_destroy(filter) }
            throw error
        }
        self.cache = cache
        self.filter = filter
        readOptions = makeReadOptions(fillCache: true)
        scanOptions = makeReadOptions(fillCache: false)
        uncheckedOptions = makeReadOptions(fillCache: true, verifiesChecksums: false)
        writeOptions = makeWriteOptions(sync: false)
        syncedWriteOptions = makeWriteOptions(sync: true)
    }

    /// Closes the database and frees everything. To be called exactly once.
    func destroy() {
        leveldb_close(database)
        leveldb_cache_destroy(cache)
        if let filter { leveldb_filterpolicy_destroy(filter) }
        leveldb_readoptions_destroy(readOptions)
        leveldb_readoptions_destroy(scanOptions)
        leveldb_readoptions_destroy(uncheckedOptions)
        leveldb_writeoptions_destroy(writeOptions)
        leveldb_writeoptions_destroy(syncedWriteOptions)
    }
}

private func makeOptions(_ options: Options, cache: OpaquePointer, filter: OpaquePointer?) -> OpaquePointer {
    let native: OpaquePointer = leveldb_options_create()
    leveldb_options_set_create_if_missing(native, options.createIfMissing ? 1 : 0)
    leveldb_options_set_error_if_exists(native, options.errorIfExists ? 1 : 0)
    leveldb_options_set_paranoid_checks(native, options.paranoidChecks ? 1 : 0)
    leveldb_options_set_write_buffer_size(native, options.writeBufferSize)
    leveldb_options_set_max_open_files(native, CInt(options.maxOpenFiles))
    leveldb_options_set_block_size(native, options.blockSize)
    leveldb_options_set_max_file_size(native, options.maxFileSize)
    leveldb_options_set_cache(native, cache)
    if let filter { leveldb_options_set_filter_policy(native, filter) }
    switch options.compression {
    case .none: leveldb_options_set_compression(native, CInt(leveldb_no_compression))
    case .snappy: leveldb_options_set_compression(native, CInt(leveldb_snappy_compression))
    }
    return native
}

/// Options of a cursor or a read, for the caller to destroy.
func makeReadOptions(fillCache: Bool, verifiesChecksums: Bool = true) -> OpaquePointer {
    let native: OpaquePointer = leveldb_readoptions_create()
    leveldb_readoptions_set_verify_checksums(native, verifiesChecksums ? 1 : 0)
    leveldb_readoptions_set_fill_cache(native, fillCache ? 1 : 0)
    return native
}

private func makeWriteOptions(sync: Bool) -> OpaquePointer {
    let native: OpaquePointer = leveldb_writeoptions_create()
    leveldb_writeoptions_set_sync(native, sync ? 1 : 0)
    return native
}
