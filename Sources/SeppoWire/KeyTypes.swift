/// A cache of properties of types, keyed by the address of their metadata.
///
/// It is used several times per value. So recently used types are found without hashing, and the result is returned
/// without reference counting: the table retains it until `removeAll`.
struct TypeTable<Known: AnyObject>: ~Copyable {
  private typealias Slot = (type: UInt, known: Unmanaged<Known>?)

  private static var slotCount: Int { 64 }

  /// Unretained references into `all`, which removes nothing before the slots are cleared.
  private let slots: UnsafeMutablePointer<Slot>
  private var all: [UInt: Known] = [:]

  init() {
    slots = .allocate(capacity: Self.slotCount)
    slots.initialize(repeating: (0, nil), count: Self.slotCount)
  }

  deinit { slots.deallocate() }

  private static func slot(of type: UInt) -> Int {
    Int(truncatingIfNeeded: (type >> 4) ^ (type >> 10)) & (slotCount - 1)
  }

  @inline(__always)
  mutating func of(_ type: Any.Type, make: () -> Known) -> Unmanaged<Known> {
    let address = UInt(bitPattern: ObjectIdentifier(type))
    let slot = slots + Self.slot(of: address)
    if slot.pointee.type == address, let known = slot.pointee.known { return known }
    return find(address, slot, make)
  }

  @inline(never)
  private mutating func find(
    _ address: UInt, _ slot: UnsafeMutablePointer<Slot>, _ make: () -> Known
  ) -> Unmanaged<Known> {
    let known = all[address] ?? make()
    all[address] = known
    let unmanaged = Unmanaged.passUnretained(known)
    slot.pointee = (address, unmanaged)
    return unmanaged
  }

  /// - Parameter body: called with each entry before it is removed.
  mutating func removeAll(_ body: (Known) -> Void) {
    for known in all.values { body(known) }
    slots.update(repeating: (0, nil), count: Self.slotCount)
    all = [:]
  }
}

/// The number of bytes that identify a key of a type.
///
/// The keys of nearly all containers are the cases of an enum without payloads, so they have one byte. The name of such
/// a key is requested once; afterwards the byte identifies it.
enum KeyWidth {
  /// Keys are identified by their names only.
  case none
  /// The type has only one key.
  case zero
  case one

  init<Key: CodingKey>(_ type: Key.Type) {
    // A trivial type of at most one byte has no other content than that byte.
    guard _isPOD(type), MemoryLayout<Key>.size <= 1 else {
      self = .none
      return
    }
    self = MemoryLayout<Key>.size == 0 ? .zero : .one
  }

  /// The byte of a key. The key's type must be the one that this was initialised with.
  @inline(__always)
  func byte<Key: CodingKey>(of key: Key) -> UInt8 {
    // A trivial value of one byte.
    self == .one ? unsafeBitCast(key, to: UInt8.self) : 0
  }
}

/// A pool of the containers for one key type, for reuse. `KeyedEncodingContainer` and `KeyedDecodingContainer` store
/// their content in an object; allocating one per value would double the time of encoding.
struct ContainerPool<Core: AnyObject>: ~Copyable {
  /// Each container is a struct whose one field is a reference to an object.
  private let boxes: UnsafeMutablePointer<AnyObject>
  private let cores: UnsafeMutablePointer<Unmanaged<Core>>
  private var count = 0

  /// More than one is needed for recursive types.
  private static var capacity: Int { 16 }

  init() {
    boxes = .allocate(capacity: Self.capacity)
    cores = .allocate(capacity: Self.capacity)
  }

  deinit {
    boxes.deinitialize(count: count)
    for index in 0..<count { cores[index].release() }
    boxes.deallocate()
    cores.deallocate()
  }

  /// Releases all containers, and so breaks the reference cycle between the cores and the owner of this pool.
  ///
  /// - Parameter boxesOwnCores: whether containers retain their cores. If not, the core of a container that the user's
  ///   program still references (which is a bug there) is leaked, because the container's next use must fail with an
  ///   error.
  mutating func releaseAll(boxesOwnCores: Bool) {
    for index in 0..<count where boxesOwnCores || isKnownUniquelyReferenced(&boxes[index]) { cores[index].release() }
    boxes.deinitialize(count: count)
    count = 0
  }

  /// Whether a container is a single object reference.
  ///
  /// The standard library does not guarantee that. If it is not, containers are not reused.
  static func fits<Container>(_ type: Container.Type) -> Bool {
    !_isPOD(type) && MemoryLayout<Container>.size == MemoryLayout<AnyObject>.size
  }

  /// Returns the index of a container without other references, so that its reuse is not observable.
  @inline(__always)
  func firstFree() -> Int? {
    if count > 0, isKnownUniquelyReferenced(&boxes[0]) { return 0 }
    return findFree()
  }

  @inline(never)
  private func findFree() -> Int? { (0..<count).first { isKnownUniquelyReferenced(&boxes[$0]) } }

  /// The address of a container, for a `Copier`.
  @inline(__always)
  func box(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(boxes + index) }

  @inline(__always)
  func core(_ index: Int) -> Unmanaged<Core> { cores[index] }

  var isFull: Bool { count == Self.capacity }

  mutating func add(_ box: consuming AnyObject, _ core: Core) {
    (boxes + count).initialize(to: box)
    (cores + count).initialize(to: Unmanaged.passRetained(core))
    count += 1
  }
}

/// Copies a pooled container.
///
/// An object that knows the container's type: looking that type up by the key type for each value would dominate the
/// time.
final class Copier<Container> {
  /// - Parameter box: the address of a container of this type.
  @inline(never)
  func copy(_ box: UnsafeRawPointer) -> Container { box.assumingMemoryBound(to: Container.self).pointee }
}
