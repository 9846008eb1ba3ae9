// SPDX-License-Identifier: Apache-2.0

internal import CZstd

/// The working memory of the column codecs: made once for each thread, used again and again.
///
/// Decoding allocates nothing beyond it; the half that only encoders need is made when one asks. One thread at a time.
final class ColumnScratch {
    /// Values of one block; longer columns are several blocks.
    static let mostValues = 4_096
    /// zstd's level. Level 9 takes twice as long to encode all in all, and gains only where much comes again.
    static let level: CInt = 3

    /// Symbols of one block, and eight bytes more.
    let symbols: UnsafeMutablePointer<UInt8>
    /// The table of `SymbolCoder`, and seven entries more.
    let states: UnsafeMutablePointer<UInt32>
    /// How often each symbol is, of `SymbolCoder.total`.
    let frequencies: UnsafeMutablePointer<UInt32>
    /// What each symbol stands for, and after each such number a mask of the bits that follow the symbol.
    let bucketBases: UnsafeMutablePointer<UInt64>
    /// How many bits follow each symbol.
    let bucketBits: UnsafeMutablePointer<UInt8>
    /// Byte planes of one block.
    let planes: UnsafeMutablePointer<UInt8>
    /// A whole zstd frame.
    let frame: UnsafeMutablePointer<UInt8>
    /// Blocks of integers for whoever puts columns together.
    let first: UnsafeMutablePointer<Int64>
    let second: UnsafeMutablePointer<Int64>

    static let planeBytes = mostValues * 8
    /// More than zstd needs for `planeBytes` (ZSTD_COMPRESSBOUND).
    static let frameBytes = planeBytes + planeBytes / 128 + 1_024

    private let memory: UnsafeMutableRawPointer
    private let decompressor: OpaquePointer?
    /// What only encoders need.
    lazy var encoder = ColumnEncoderScratch()

    init() {
        let values = ColumnScratch.mostValues
        var size = 0
        func room(_ bytes: Int) -> Int {
            defer { size += (bytes + 63) & ~63 }
            return size
        }
        let offsets = [
            room(values + 8), room(SymbolCoder.total * 4 + 28), room(256 * 4), room(512 * 8), room(256),
            room(ColumnScratch.planeBytes), room(ColumnScratch.frameBytes), room(values * 8), room(values * 8),
        ]
        memory = .allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        symbols = (memory + offsets[0]).assumingMemoryBound(to: UInt8.self)
        states = (memory + offsets[1]).assumingMemoryBound(to: UInt32.self)
        frequencies = (memory + offsets[2]).assumingMemoryBound(to: UInt32.self)
        bucketBases = (memory + offsets[3]).assumingMemoryBound(to: UInt64.self)
        bucketBits = (memory + offsets[4]).assumingMemoryBound(to: UInt8.self)
        planes = (memory + offsets[5]).assumingMemoryBound(to: UInt8.self)
        frame = (memory + offsets[6]).assumingMemoryBound(to: UInt8.self)
        first = (memory + offsets[7]).assumingMemoryBound(to: Int64.self)
        second = (memory + offsets[8]).assumingMemoryBound(to: Int64.self)
        decompressor = ZSTD_createDCtx()
    }

    deinit {
        memory.deallocate()
        ZSTD_freeDCtx(decompressor)
    }

    // MARK: - zstd

    /// The first four bytes of every zstd frame (RFC 8878, 3.1.1); they are not stored.
    static let magic: UInt32 = 0xFD2F_B528

    /// Unpacks a frame without its first four bytes into `planes`; false unless it is one of exactly `count` bytes.
    func decompress(_ stored: UnsafeRawBufferPointer, count: Int) -> Bool {
        guard let decompressor, let start = stored.baseAddress, stored.count <= ColumnScratch.frameBytes - 4,
            count <= ColumnScratch.planeBytes
        else { return false }
        UnsafeMutableRawPointer(frame).storeBytes(of: ColumnScratch.magic.littleEndian, as: UInt32.self)
        UnsafeMutableRawPointer(frame + 4).copyMemory(from: start, byteCount: stored.count)
        return ZSTD_decompressDCtx(decompressor, planes, count, frame, stored.count + 4) == count
    }
}

/// The working memory of encoders.
final class ColumnEncoderScratch {
    /// The integers that a column of floating point values is made of, what they leave over, and exceptions.
    let mantissas: UnsafeMutablePointer<Int64>
    let remainders: UnsafeMutablePointer<Int64>
    let positions: UnsafeMutablePointer<Int64>
    let words: UnsafeMutablePointer<Int64>
    /// A block after each of the transforms.
    let transformed: [UnsafeMutablePointer<Int64>]
    /// What is left of the values, of the candidate at hand and of the best one.
    var residuals: UnsafeMutablePointer<UInt64>
    var bestResiduals: UnsafeMutablePointer<UInt64>
    /// How often each symbol is, in the finest scheme at hand and in the one under trial.
    let counts: UnsafeMutablePointer<UInt32>
    /// Output of the symbol coder, written from its end on, and of the bits beside it.
    let output: UnsafeMutablePointer<UInt8>
    let bits: UnsafeMutablePointer<UInt8>
    /// Binary logarithms of 0...`mostValues`; of 0 there is 0.
    let logarithms: UnsafeMutablePointer<Float>

    private let memory: UnsafeMutablePointer<UInt64>
    private let compressor: OpaquePointer?

    init() {
        let values = ColumnScratch.mostValues
        let words64 = values * 10 + 512 + (values * 2 + 64) / 4 + values + 128 + values
        memory = .allocate(capacity: words64)
        memory.initialize(repeating: 0, count: words64)
        var next = UnsafeMutableRawPointer(memory)
        func take<Value>(_ count: Int, _: Value.Type) -> UnsafeMutablePointer<Value> {
            defer { next += (count * MemoryLayout<Value>.stride + 7) & ~7 }
            return next.assumingMemoryBound(to: Value.self)
        }
        mantissas = take(values, Int64.self)
        remainders = take(values, Int64.self)
        positions = take(values, Int64.self)
        self.words = take(values, Int64.self)
        transformed = [
            take(values, Int64.self), take(values, Int64.self), take(values, Int64.self), take(values, Int64.self),
        ]
        residuals = take(values, UInt64.self)
        bestResiduals = take(values, UInt64.self)
        counts = take(512, UInt32.self)
        output = take(values * 2 + 64, UInt8.self)
        bits = take(values * 8 + 64, UInt8.self)
        logarithms = take(values + 1, Float.self)
        for count in 2...values { logarithms[count] = ColumnEncoderScratch.logarithm(count) }
        compressor = ZSTD_createCCtx()
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, ColumnScratch.level)
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 0)
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_dictIDFlag, 0)
    }

    deinit {
        memory.deallocate()
        ZSTD_freeCCtx(compressor)
    }

    /// The binary logarithm, to about 1e-6: the exponent, and the mantissa by the series of artanh.
    private static func logarithm(_ count: Int) -> Float {
        let value = Double(count)
        let ratio = (value.significand - 1) / (value.significand + 1)
        var power = ratio
        var sum = 0.0
        for term in stride(from: 1.0, to: 15.0, by: 2.0) {
            sum += power / term
            power *= ratio * ratio
        }
        return Float(Double(value.exponent) + sum * 2.885_390_081_777_927)
    }

    /// Packs bytes into a zstd frame without its first four bytes, which end up 4 bytes from the start of `frame`; its
    /// length, or nil when zstd cannot.
    func compress(_ source: UnsafePointer<UInt8>, count: Int, into frame: UnsafeMutablePointer<UInt8>) -> Int? {
        guard let compressor else { return nil }
        let size = ZSTD_compress2(compressor, frame, ColumnScratch.frameBytes, source, count)
        return ZSTD_isError(size) != 0 || size <= 4 ? nil : size - 4
    }
}
