/// The shapes of the keyed containers that a writer has written. A shape is a list of keys.
///
/// A trie: each node is a shape, and each edge appends a key. Values of one type usually have one shape or a few, so
/// the next key is usually the one that last followed the same keys, which takes one comparison.
struct ShapeTrie: ~Copyable {
  /// Identifies a key. For an enum case, it is made of the number of the type and the key's byte. Two labels may have
  /// the same name.
  typealias Label = UInt64

  private struct Branch {
    /// The key that followed last, and its child.
    var likely: Label = 0
    var likelyChild: Int32 = -1
    var label: Label = 0
    let parent: Int32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    /// The number in the table, if a container has this shape; otherwise −1.
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
  /// The children by key, for shapes with too many siblings for a linear search.
  private var steps: [Step: Int32] = [:]
  private var namedLabels: [[UInt8]: Label] = [:]
  /// The shapes in the table, in the order of their numbers.
  private var numbered: [Int32] = []

  init() { branches = .allocate(capacity: capacity) }

  deinit { branches.deallocate() }

  var isEmpty: Bool { numbered.isEmpty }

  /// Returns the shape of a container without keys.
  mutating func root() -> Int { append(parent: -1, label: 0, name: Name(text: [], hash: 0)) }

  /// Returns the shape with the key appended, if it exists.
  @inline(__always)
  func known(_ label: Label, after shape: Int) -> Int? {
    // In bounds: `shape` was returned by this trie, which only grows.
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
    let name = Name(text: Array(name), hash: SeenKeys.hash(UnsafeRawBufferPointer(name)))
    let child = append(parent: Int32(shape), label: label, name: name)
    branches[child].nextSibling = branches[shape].firstChild
    branches[shape].firstChild = Int32(child)
    steps[Step(shape: shape, label: label)] = Int32(child)
    branches[shape].likely = label
    branches[shape].likelyChild = Int32(child)
    return child
  }

  /// Returns the label of a key that has no byte.
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

  /// Returns the shapes from a shape up to its root, without the root.
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

  /// Returns the shape's number in the table.
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

  /// Writes the table: the number of shapes; for each, the number of keys and the keys (length, UTF-8).
  func write(to writer: WireWriter) {
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
