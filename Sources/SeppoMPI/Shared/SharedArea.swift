import SeppoEngine
import SeppoProcess
import Synchronization

/// The memory in which the ranks of one host make a call: its signature, items, position and values.
///
/// Rank 0 writes the call and publishes its number. Each rank that is in the same call joins it, takes chunks, and stores
/// their values. `@unchecked Sendable` because the words that several ranks change are atomic, and all else is written by one
/// rank before it publishes the call or finishes the chunk.
struct SharedArea: @unchecked Sendable {
  static let maximumRanks = 256
  static let maximumCount = 16_384
  static let itemCapacity = 512 << 10
  static let valueCapacity = 512 << 10

  static let line = 64
  private static let cursorOffset = line
  private static let topOffset = cursorOffset + SharedCursor.size(workers: maximumRanks)
  private static let headOffset = topOffset + line
  private static let joinedOffset = headOffset + 3 * line
  private static let leftOffset = joinedOffset + 8 * maximumRanks
  private static let signatureOffset = leftOffset + 8 * maximumRanks
  private static let signatureCapacity = 4 << 10
  private static let partsOffset = signatureOffset + signatureCapacity
  private static let itemsOffset = partsOffset + 8 * maximumCount
  private static let valuesOffset = itemsOffset + itemCapacity
  static let size = valuesOffset + valueCapacity

  private let memory: UnsafeMutableRawPointer
  /// Keeps the memory alive.
  let owner: AnyObject

  /// - Parameter memory: `size` bytes, aligned to 64, zeros at first.
  init(_ memory: UnsafeMutableRawPointer, owner: AnyObject) {
    self.memory = memory
    self.owner = owner
  }

  private func atomic(_ offset: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    (memory + offset).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// The number of the call that was published last.
  private var published: UnsafeMutablePointer<Atomic<Int>> { atomic(0) }
  /// The number of bytes of encoded values.
  private var top: UnsafeMutablePointer<Atomic<Int>> { atomic(SharedArea.topOffset) }
  var cursor: SharedCursor { SharedCursor(memory + SharedArea.cursorOffset) }

  /// For the first block of each chunk that is stored: the offset of its values, and in the lower half the number of blocks.
  private var parts: UnsafeMutablePointer<UInt64> {
    (memory + SharedArea.partsOffset).assumingMemoryBound(to: UInt64.self)
  }

  // MARK: The call

  /// The call, apart from its signature and items.
  struct Head: Equatable {
    /// How the items are given.
    enum Form: Int { case memory, progression, parts }

    var form: Form
    var blocks: Blocks
    /// The number of blocks of each rank's share.
    var share: Int
    /// The expected time of a block, in nanoseconds; 0 if unknown.
    var expectedTime = 0
    var progression: ArithmeticProgression?
  }

  func isPublished(_ number: Int) -> Bool { published.pointee.load(ordering: .acquiring) == number }

  /// Publishes a call whose items have been written.
  ///
  /// - Parameter isOpen: whether ranks may compute items at once.
  /// - Returns: false if the signature is too long.
  func publish(_ head: Head, _ signature: CallSignature, _ sample: ItemSample?, isOpen: Bool) -> Bool {
    let fingerprints = sample?.fingerprints ?? []
    let site = signature.bytes
    guard site.count + 8 * fingerprints.count <= SharedArea.signatureCapacity else { return false }
    let count = head.blocks.count
    parts.update(repeating: 0, count: count)
    cursor.reset()
    if isOpen { cursor.open(count: count) }
    top.pointee.store(0, ordering: .relaxed)
    let words = [
      head.form.rawValue, head.blocks.items, head.blocks.size.code, head.share,
      Int(bitPattern: UInt(head.progression?.kind.rawValue ?? 0)), Int(bitPattern: UInt(head.progression?.first ?? 0)),
      Int(bitPattern: UInt(head.progression?.step ?? 0)), sample?.count ?? -1, fingerprints.count, site.count,
      head.expectedTime,
    ]
    for (place, word) in words.enumerated() {
      memory.storeBytes(of: word, toByteOffset: SharedArea.headOffset + 8 * place, as: Int.self)
    }
    let text = memory + SharedArea.signatureOffset
    fingerprints.withUnsafeBytes { copy($0, to: text) }
    site.withUnsafeBytes { copy($0, to: text + 8 * fingerprints.count) }
    published.pointee.store(signature.number, ordering: .releasing)
    return true
  }

  private func word(_ place: Int) -> Int {
    memory.load(fromByteOffset: SharedArea.headOffset + 8 * place, as: Int.self)
  }

  /// Returns whether the published call is this one.
  func matches(_ signature: CallSignature) -> Bool {
    isEqual(signature.bytes, memory + SharedArea.signatureOffset + 8 * word(8), word(9))
  }

  /// Returns whether the sample of the published call's items is this one.
  func hasSample<Element: Encodable>(_ sample: ItemSample, of type: Element.Type) -> Bool {
    switch head.form {
    case .parts:
      return sample.count == word(7) && isEqual(sample.fingerprints, memory + SharedArea.signatureOffset, word(8))
    case .memory:
      let items = UnsafeBufferPointer(start: items(as: type), count: head.blocks.items)
      return ItemSample(Elements.memory(items)) == sample
    case .progression:
      return head.progression.map { ItemSample(Elements<Element>.progression($0)) == sample } ?? false
    }
  }

  private func isEqual<Value: BitwiseCopyable>(_ own: [Value], _ memory: UnsafeMutableRawPointer, _ count: Int) -> Bool
  {
    own.count == count
      && own.withUnsafeBytes { memcmp($0.baseAddress ?? UnsafeRawPointer(memory), memory, $0.count) == 0 }
  }

  private func copy(_ bytes: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer) {
    guard let start = bytes.baseAddress else { return }
    memory.copyMemory(from: start, byteCount: bytes.count)
  }

  /// The published call.
  var head: Head {
    let blocks = Blocks(of: word(1), size: Blocks.Size(code: word(2))) ?? Blocks(of: 0)
    return Head(
      form: Head.Form(rawValue: word(0)) ?? .memory, blocks: blocks, share: word(3), expectedTime: word(10),
      progression: ArithmeticProgression.Kind(rawValue: UInt64(word(4))).map {
        ArithmeticProgression(
          kind: $0, first: UInt64(bitPattern: Int64(word(5))), step: UInt64(bitPattern: Int64(word(6))),
          count: blocks.items)
      })
  }

  // MARK: Ranks

  private func joined(_ rank: Int) -> UnsafeMutablePointer<Atomic<Int>> { atomic(SharedArea.joinedOffset + 8 * rank) }
  private func left(_ rank: Int) -> UnsafeMutablePointer<Atomic<Int>> { atomic(SharedArea.leftOffset + 8 * rank) }

  /// Records that a rank is in the call.
  func join(_ rank: Int, _ number: Int) {
    cursor.join(rank)
    joined(rank).pointee.store(number, ordering: .releasing)
  }

  func hasJoined(_ rank: Int, _ number: Int) -> Bool { joined(rank).pointee.load(ordering: .acquiring) == number }

  /// The last call that a rank has joined here, or 0.
  func lastJoined(_ rank: Int) -> Int { max(0, joined(rank).pointee.load(ordering: .acquiring)) }

  /// Records that a rank takes part by messages, because it may have other items, or too little stack.
  func decline(_ rank: Int, _ number: Int) { joined(rank).pointee.store(-number, ordering: .releasing) }

  func hasDeclined(_ rank: Int, _ number: Int) -> Bool { joined(rank).pointee.load(ordering: .acquiring) == -number }

  /// Records that a rank no longer uses the area.
  func leave(_ rank: Int, _ number: Int) { left(rank).pointee.store(number, ordering: .releasing) }

  /// Whether all ranks have left the call that was published last.
  func isFree(ranks: Int) -> Bool {
    let last = published.pointee.load(ordering: .relaxed)
    return (0..<ranks).allSatisfy { left($0).pointee.load(ordering: .acquiring) == last }
  }

  /// Whether all ranks are in the call and all values are stored.
  func isComplete(_ number: Int, ranks: Int, blocks: Int) -> Bool {
    cursor.finished == blocks && (0..<ranks).allSatisfy { hasJoined($0, number) }
  }

  // MARK: Items

  var items: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: memory + SharedArea.itemsOffset, count: SharedArea.itemCapacity)
  }

  /// Returns the items, which are plain memory.
  func items<Element>(as type: Element.Type) -> UnsafePointer<Element> {
    UnsafePointer((memory + SharedArea.itemsOffset).assumingMemoryBound(to: type))
  }

  /// Returns the items, which are encoded one by one.
  func encodedItems(_ count: Int) -> EncodedItems { EncodedItems(items, count: count) }

  /// Whether these are the items of the published call, as far as this can be known without decoding.
  func hasItems<Element>(_ own: Elements<Element>) -> Bool {
    switch own {
    case .progression(let progression): return head.progression == progression
    case .memory(let own):
      guard word(0) == Head.Form.memory.rawValue, word(1) == own.count else { return false }
      let bytes = UnsafeRawBufferPointer(own)
      return memcmp(bytes.baseAddress ?? UnsafeRawPointer(memory), memory + SharedArea.itemsOffset, bytes.count) == 0
    }
  }

  // MARK: Values

  /// Returns the place of values that are plain memory.
  func values(of chunk: Range<Int>, stride: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: memory + SharedArea.valuesOffset + chunk.lowerBound * stride, count: chunk.count * stride)
  }

  /// Records that values have been computed in their place.
  func finish(_ chunk: Range<Int>, by rank: Int, stride: Int, nanoseconds: Int) {
    if chunk.isEmpty { return }
    parts[chunk.lowerBound] = UInt64(chunk.lowerBound * stride) << 32 | UInt64(chunk.count)
    cursor.finish(chunk.count, by: rank, nanoseconds: nanoseconds)
  }

  /// Stores the encoded values of a chunk.
  ///
  /// - Returns: false if there is no space for them.
  func store(_ bytes: UnsafeRawBufferPointer, of chunk: Range<Int>, by rank: Int, nanoseconds: Int) -> Bool {
    let size = (8 + bytes.count + 7) / 8 * 8
    // Beyond this, the sum could overflow.
    guard size <= SharedArea.valueCapacity else { return false }
    let offset = top.pointee.add(size, ordering: .relaxed).oldValue
    guard offset + size <= SharedArea.valueCapacity else { return false }
    let place = memory + SharedArea.valuesOffset + offset
    place.storeBytes(of: bytes.count, as: Int.self)
    copy(bytes, to: place + 8)
    parts[chunk.lowerBound] = UInt64(offset) << 32 | UInt64(chunk.count)
    cursor.finish(chunk.count, by: rank, nanoseconds: nanoseconds)
    return true
  }

  /// Calls the body with the values of each stored chunk, in order.
  ///
  /// - Parameter stride: the size of a value in memory; nil for encoded values.
  func eachPart(
    _ blocks: Int, stride: Int?, _ body: (_ chunk: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    var block = 0
    while block < blocks {
      let (offset, count) = (Int(parts[block] >> 32), Int(parts[block] & 0xFFFF_FFFF))
      guard count > 0 else {
        block += 1
        continue
      }
      let place = memory + SharedArea.valuesOffset + offset
      let bytes =
        if let stride { UnsafeRawBufferPointer(start: place, count: count * stride) } else {
          UnsafeRawBufferPointer(start: place + 8, count: place.load(as: Int.self))
        }
      try body(block..<(block + count), bytes)
      block += count
    }
  }
}
