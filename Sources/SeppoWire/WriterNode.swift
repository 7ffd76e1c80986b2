/// A value that is being written.
struct WriterNode {
  enum Form: UInt8 {
    case empty, single, unkeyed
    /// A keyed container that stores its keys next to the values.
    case keyed
    /// A keyed container with a shape, which has the keys.
    case shaped
    /// A keyed container with a shape, of which some keys have no byte.
    case mixed

    var isKeyed: Bool { rawValue >= Form.keyed.rawValue }
    var hasShape: Bool { rawValue >= Form.shaped.rawValue }
  }

  /// The offset of the tag.
  var tag: Int
  /// The end of the bytes of a closed node. An open node ends at the buffer's end.
  var end: Int
  let parent: Int
  let serial: Int
  let depth: Int
  let key: (any CodingKey)?
  let isOptional: Bool
  var form = Form.empty
  var isClosed = false
  /// Number of values in an unkeyed container.
  var count = 0
  /// The shape of a container that has one.
  var shape = 0
  /// The keys of a keyed container without a shape, or of a mixed one.
  var keys = SeenKeys()
}

/// Cached properties of a key type.
final class WriterKeys {
  let width: KeyWidth
  /// The key's label, when combined with the key's byte.
  let label: ShapeTrie.Label
  /// The shape of an empty container with such keys.
  let root: Int
  let isPoolable: Bool
  let copier: AnyObject
  @exclusivity(unchecked) var containers = ContainerPool<KeyedWriterCore>()

  init(width: KeyWidth, label: ShapeTrie.Label, root: Int, isPoolable: Bool, copier: AnyObject) {
    (self.width, self.label, self.root, self.isPoolable, self.copier) = (width, label, root, isPoolable, copier)
  }

  var form: WriterNode.Form { width == .none ? .keyed : .shaped }
}
