// SPDX-License-Identifier: Apache-2.0

/// State of a class that loops over events touch, behind a pointer.
///
/// A stored `var` of a class is checked for exclusive access at run time, on every touch: measured, that and the
/// reference counting around it took a third of the event path. Whoever owns a box answers for what the checks did: one
/// thread at a time, and no overlapping access.
@frozen
public struct UnsafeBox<Value: ~Copyable>: ~Copyable {
    /// Where the state is; valid as long as the box.
    public let pointer: UnsafeMutablePointer<Value>

    /// Takes the state.
    @inlinable
    public init(_ value: consuming Value) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: value)
    }

    @inlinable
    deinit {
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }
}
