// SPDX-License-Identifier: Apache-2.0

/// The samples of one group at some steps that follow one another.
struct GroupBlock {
    /// The first value of the vector.
    let values: UnsafePointer<Double>
    /// How many steps the vector has.
    let stepCount: Int
    /// The rows of the group.
    let rows: UnsafeBufferPointer<Int32>
    /// The first step of the block.
    let first: Int
    /// How many steps the block has.
    let count: Int

    /// The samples of a row at the steps of the block.
    @inline(__always)
    func row(_ index: Int32) -> UnsafePointer<Double> { values + (Int(index) * stepCount + first) }

    /// Whether all `count` values are finite: numbers, and none is missing. No branches, so that it runs as fast as
    /// memory does.
    @inline(__always)
    static func areFinite(_ values: UnsafePointer<Double>, _ count: Int) -> Bool {
        var carries: UInt64 = 0
        for index in 0..<count {
            // An exponent of ones carries into the sign, which was masked away.
            carries |= (values[index].bitPattern & 0x7FF0_0000_0000_0000) &+ 0x0010_0000_0000_0000
        }
        return carries >> 63 == 0
    }

    /// Whether a value is neither missing nor a histogram. (The marks differ in the lowest bit.)
    @inline(__always)
    static func isNumber(_ value: Double) -> Bool { value.bitPattern | 1 != VectorColumns.histogramMark.bitPattern }
}

/// Memory of a thread that works on blocks.
final class GroupScratch {
    /// How many steps a block has at most.
    let steps: Int
    /// Four columns of as many entries.
    let columns:
        (
            UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>,
            UnsafeMutablePointer<Double>
        )
    private let memory: UnsafeMutablePointer<Double>
    /// Grows as kernels need it.
    private var gathered = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)

    init(steps: Int) {
        self.steps = steps
        memory = .allocate(capacity: steps * 4)
        columns = (memory, memory + steps, memory + 2 * steps, memory + 3 * steps)
    }

    deinit {
        memory.deallocate()
        gathered.deallocate()
    }

    /// Memory for so many values, with whatever is in it.
    func gather(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
        if gathered.count < count {
            gathered.deallocate()
            gathered = .allocate(capacity: count)
        }
        return gathered
    }
}

/// Makes one value of the numbers of a group at each step of a block.
protocol GroupKernel: Sendable {
    /// How many steps a block has at most. Rows are read in pieces long enough for the processor to fetch ahead, short
    /// enough for what is summed up to stay in its cache; shorter ones let more threads work on one group.
    static var longestBlock: Int { get }

    /// Writes `block.count` values to `output`.
    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>)
}

extension GroupKernel {
    static var longestBlock: Int { 512 }
}

extension Evaluation {
    /// Runs a kernel over all groups and steps, on several threads when it is worth it: work is split by groups and by
    /// steps, so that one large group is split too.
    func fold(
        _ kernel: some GroupKernel,
        _ vector: VectorColumns,
        _ groups: SeriesGroups
    ) throws(QueryError) -> [Double] {
        let steps = vector.stepCount
        var result = [Double](repeating: VectorColumns.absent, count: groups.count * steps)
        let isSmall = vector.values.count < 1 << 16
        let block = min(steps, type(of: kernel).longestBlock)
        let blocks = (steps + block - 1) / block
        var failure: QueryError?
        vector.values.withUnsafeBufferPointer { values in
            groups.rows.withUnsafeBufferPointer { rows in
                result.withUnsafeMutableBufferPointer { output in
                    guard let first = values.baseAddress, let start = output.baseAddress else { return }
                    let work = { (scratch: inout GroupScratch, unit: Int) in
                        let (group, step) = (unit / blocks, unit % blocks * block)
                        let part = GroupBlock(
                            values: first,
                            stepCount: steps,
                            rows: UnsafeBufferPointer(
                                rebasing: rows[groups.offsets[group]..<groups.offsets[group + 1]]
                            ),
                            first: step,
                            count: min(block, steps - step)
                        )
                        kernel.evaluate(part, scratch, start + (group * steps + step))
                    }
                    if isSmall {
                        var scratch = GroupScratch(steps: block)
                        for unit in 0..<groups.count * blocks { work(&scratch, unit) }
                        return
                    }
                    do throws(QueryError) {
                        _ = try query.forEachRow(
                            groups.count * blocks,
                            makeWorker: { GroupScratch(steps: block) },
                            work
                        )
                    } catch {
                        failure = error
                    }
                }
            }
        }
        if let failure { throw failure }
        return result
    }
}
