/// What was found out about types, looked up by the address of their metadata.
///
/// Asked several times for each value, so the types met last are found without hashing, and what is found is given without
/// counting a reference: the table holds it until `removeAll`.
struct TypeTable<Known: AnyObject>: ~Copyable {
  private typealias Slot = (type: UInt, known: Unmanaged<Known>?)

  private static var slotCount: Int { 64 }

  /// Borrowed from `all`, which drops nothing before the slots are cleared.
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

  /// - Parameter body: is given each, for the last time.
  mutating func removeAll(_ body: (Known) -> Void) {
    for known in all.values { body(known) }
    slots.update(repeating: (0, nil), count: Self.slotCount)
    all = [:]
  }
}

/// How the keys of a type are told apart.
///
/// The keys of nearly all containers are the cases of an enum without payloads, which is one byte; the name of such a
/// key is asked for once, and from then on the byte stands for it.
enum KeyBytes {
  /// By their names.
  case none
  /// There is only one.
  case zero
  case one

  init<Key: CodingKey>(_ type: Key.Type) {
    // What is no reference and no longer than a byte holds nothing but that byte.
    guard _isPOD(type), MemoryLayout<Key>.size <= 1 else {
      self = .none
      return
    }
    self = MemoryLayout<Key>.size == 0 ? .zero : .one
  }

  /// The byte of a key of the type that this was found for.
  @inline(__always)
  func byte<Key: CodingKey>(of key: Key) -> UInt8 {
    // A trivial value of one byte.
    self == .one ? unsafeBitCast(key, to: UInt8.self) : 0
  }
}

/// The containers that were made for a key type, to be handed out again: `KeyedEncodingContainer` and its twin keep what
/// they are made of in an object, and allocating one for each value takes as long as all the rest.
struct HandedOut<Core: AnyObject>: ~Copyable {
  /// Each container is a struct whose one field is a reference to an object.
  private let boxes: UnsafeMutablePointer<AnyObject>
  private let cores: UnsafeMutablePointer<Unmanaged<Core>>
  private var count = 0

  /// More than one is needed for types that contain themselves.
  private static var most: Int { 16 }

  init() {
    boxes = .allocate(capacity: Self.most)
    cores = .allocate(capacity: Self.most)
  }

  deinit {
    boxes.deinitialize(count: count)
    for index in 0..<count { cores[index].release() }
    boxes.deallocate()
    cores.deallocate()
  }

  /// Lets go of all of them, and so ends the circle of a core that holds what this belongs to.
  ///
  /// - Parameter boxesOwnCores: else the core of a container that somebody has kept is never freed, since that container
  ///   may still be used, to be told that its value is gone. What keeps it is a mistake in the user's program.
  mutating func letGo(boxesOwnCores: Bool) {
    for index in 0..<count where boxesOwnCores || isKnownUniquelyReferenced(&boxes[index]) { cores[index].release() }
    boxes.deinitialize(count: count)
    count = 0
  }

  /// Whether a container can be kept as a reference to an object.
  ///
  /// The standard library doesn't promise that; where it keeps anything else in a container, none is handed out again.
  static func fits<Container>(_ type: Container.Type) -> Bool {
    !_isPOD(type) && MemoryLayout<Container>.size == MemoryLayout<AnyObject>.size
  }

  /// Where a container is that nobody else holds: then nobody can tell that it is used for another value.
  @inline(__always)
  func free() -> Int? {
    if count > 0, isKnownUniquelyReferenced(&boxes[0]) { return 0 }
    return freeFurther()
  }

  @inline(never)
  private func freeFurther() -> Int? { (0..<count).first { isKnownUniquelyReferenced(&boxes[$0]) } }

  /// Where a container is, for a `Copier`.
  @inline(__always)
  func box(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(boxes + index) }

  @inline(__always)
  func core(_ index: Int) -> Unmanaged<Core> { cores[index] }

  var isFull: Bool { count == Self.most }

  mutating func keep(_ box: consuming AnyObject, _ core: Core) {
    (boxes + count).initialize(to: box)
    (cores + count).initialize(to: Unmanaged.passRetained(core))
    count += 1
  }
}

/// Copies a container that was kept.
///
/// An object that knows the type: where only the key type is known, the container's would be looked up each time, which
/// takes longer than all else.
final class Copier<Container> {
  /// - Parameter box: where such a container is.
  @inline(never)
  func copy(_ box: UnsafeRawPointer) -> Container { box.assumingMemoryBound(to: Container.self).pointee }
}
