/// The shapes of keyed containers that a writer has met: which keys, in which order.
///
/// A tree in which each key leads on from those before it. Values of one type mostly have one shape or a few, so a key
/// is mostly the one that came last after the same keys, which is one comparison.
struct ShapeTrie: ~Copyable {
  /// Stands for a key: of an enum's case the number of its type and its byte. Two may stand for the same name.
  typealias Label = UInt64

  private struct Branch {
    /// The key that followed last, and where it leads.
    var likely: Label = 0
    var likelyChild: Int32 = -1
    var label: Label = 0
    let parent: Int32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    /// In the table, for a shape that a container has.
    var number: Int32 = -1
  }

  private struct Step: Hashable {
    let shape: Int
    let label: Label
  }

  private struct Name {
    let text: [UInt8]
    let hash: UInt64
  }

  private var branches: UnsafeMutablePointer<Branch>
  private var capacity = 64
  private var count = 0
  private var names: [Name] = []
  /// Where each key leads: asked where more follow one shape than are worth a walk.
  private var steps: [Step: Int32] = [:]
  private var namedLabels: [[UInt8]: Label] = [:]
  /// The shapes that have numbers.
  private var numbered: [Int32] = []

  init() { branches = .allocate(capacity: capacity) }

  deinit { branches.deallocate() }

  var isEmpty: Bool { numbered.isEmpty }

  /// A container without keys yet.
  mutating func root() -> Int { append(parent: -1, label: 0, name: Name(text: [], hash: 0)) }

  /// Where a key leads from a shape, if it came after that one before.
  @inline(__always)
  func known(_ label: Label, after shape: Int) -> Int? {
    // `shape` was given by this tree, which only grows.
    let branch = branches + shape
    if branch.pointee.likely == label { return Int(branch.pointee.likelyChild) }
    return search(label, after: shape)
  }

  private func search(_ label: Label, after shape: Int) -> Int? {
    var child = branches[shape].firstChild
    for _ in 0..<8 where child >= 0 && branches[Int(child)].label != label { child = branches[Int(child)].nextSibling }
    guard child >= 0 else { return nil }
    if branches[Int(child)].label != label {
      guard let known = steps[Step(shape: shape, label: label)] else { return nil }
      child = known
    }
    branches[shape].likely = label
    branches[shape].likelyChild = child
    return Int(child)
  }

  mutating func next(_ label: Label, name: UnsafeBufferPointer<UInt8>, after shape: Int) -> Int {
    if let known = known(label, after: shape) { return known }
    let name = Name(text: Array(name), hash: KeysSeen.hash(UnsafeRawBufferPointer(name)))
    let child = append(parent: Int32(shape), label: label, name: name)
    branches[child].nextSibling = branches[shape].firstChild
    branches[shape].firstChild = Int32(child)
    steps[Step(shape: shape, label: label)] = Int32(child)
    branches[shape].likely = label
    branches[shape].likelyChild = Int32(child)
    return child
  }

  /// The label of a key that no byte stands for.
  mutating func label(of name: UnsafeBufferPointer<UInt8>) -> Label {
    let name = Array(name)
    if let known = namedLabels[name] { return known }
    let label = 1 << 63 | Label(namedLabels.count)
    namedLabels[name] = label
    return label
  }

  private mutating func append(parent: Int32, label: Label, name: Name) -> Int {
    if count == capacity {
      let larger = UnsafeMutablePointer<Branch>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: branches, count: count)
      branches.deallocate()
      branches = larger
      capacity *= 2
    }
    (branches + count).initialize(to: Branch(label: label, parent: parent))
    names.append(name)
    count += 1
    return count - 1
  }

  /// The shapes on the way from a shape to its root, without that.
  private func path(_ shape: Int) -> [Int] {
    var path: [Int] = []
    var shape = shape
    while branches[shape].parent >= 0 {
      path.append(shape)
      shape = Int(branches[shape].parent)
    }
    return path
  }

  func hashes(of shape: Int) -> [UInt64] { path(shape).map { names[$0].hash } }

  func mayContain(_ hash: UInt64, in shape: Int) -> Bool {
    var shape = shape
    while branches[shape].parent >= 0 {
      if names[shape].hash == hash { return true }
      shape = Int(branches[shape].parent)
    }
    return false
  }

  /// The number under which the shape will stand in the table.
  @inline(__always)
  mutating func number(of shape: Int) -> UInt32 {
    let number = branches[shape].number
    return number >= 0 ? UInt32(bitPattern: number) : newNumber(of: shape)
  }

  private mutating func newNumber(of shape: Int) -> UInt32 {
    branches[shape].number = Int32(numbered.count)
    numbered.append(Int32(shape))
    return UInt32(numbered.count - 1)
  }

  /// Writes the table: how many shapes, and of each how many keys and the keys (length, UTF-8).
  func write(to writer: _WireWriter) {
    writer.append(length: numbered.count)
    for shape in numbered {
      let path = path(Int(shape))
      writer.append(length: path.count)
      for step in path.reversed() {
        writer.append(length: names[step].text.count)
        names[step].text.withUnsafeBytes { writer.append($0) }
      }
    }
  }

  mutating func removeAll() {
    count = 0
    names = []
    steps = [:]
    namedLabels = [:]
    numbered = []
  }
}
