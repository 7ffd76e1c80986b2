/// The stack of the values that are being written or read, each nested in an earlier one.
///
/// Not an array: arrays check each index again, and the uniqueness of their buffer at each mutation.
struct NodeStack<Node>: ~Copyable {
  struct Storage {
    var nodes: UnsafeMutablePointer<Node>
    var capacity: Int
    var count: Int

    @inline(__always)
    func has(_ index: Int) -> Bool { UInt(bitPattern: index) < UInt(bitPattern: count) }
  }

  /// At a fixed address for the lifetime of the stack.
  let storage: UnsafeMutablePointer<Storage>

  init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(nodes: .allocate(capacity: 16), capacity: 16, count: 0))
  }

  deinit {
    storage.pointee.nodes.deinitialize(count: count)
    storage.pointee.nodes.deallocate()
    storage.deallocate()
  }

  var count: Int {
    @inline(__always) get { storage.pointee.count }
  }

  @inline(__always)
  func has(_ index: Int) -> Bool { storage.pointee.has(index) }

  /// - Parameter index: the index of an appended node that has not been removed. If in doubt, check `has` first.
  subscript(index: Int) -> Node {
    @inline(__always) _read {
      assert(has(index))
      yield storage.pointee.nodes[index]
    }
    @inline(__always) nonmutating _modify {
      assert(has(index))
      yield &storage.pointee.nodes[index]
    }
  }

  @inline(__always)
  mutating func append(_ node: consuming Node) {
    if count == storage.pointee.capacity { grow() }
    (storage.pointee.nodes + count).initialize(to: node)
    storage.pointee.count += 1
  }

  @inline(never)
  private mutating func grow() {
    let capacity = count * 2
    let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity)
    larger.moveInitialize(from: storage.pointee.nodes, count: count)
    storage.pointee.nodes.deallocate()
    storage.pointee.nodes = larger
    storage.pointee.capacity = capacity
  }

  @inline(__always)
  mutating func removeLast(_ removed: Int) {
    // In a loop of usually one iteration: deinitializing several nodes at once calls the runtime.
    for _ in 0..<removed {
      storage.pointee.count -= 1
      (storage.pointee.nodes + count).deinitialize(count: 1)
    }
  }
}
