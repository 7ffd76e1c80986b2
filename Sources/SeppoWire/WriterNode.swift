/// A value that can still be written into: its tag's place, and what was found out about it.
struct WriterNode {
  enum Form: UInt8 {
    case empty, single, unkeyed
    /// With its keys beside its values.
    case keyed
    /// With a shape, which knows the keys.
    case shaped
    /// With a shape, and among its keys such that no byte stands for.
    case mixed

    var isKeyed: Bool { rawValue >= Form.keyed.rawValue }
    var hasShape: Bool { rawValue >= Form.shaped.rawValue }
  }

  var tag: Int
  /// Past the last byte; only kept while closed, otherwise the buffer's end.
  var end: Int
  let parent: Int
  let serial: Int
  let depth: Int
  let key: (any CodingKey)?
  let isOptional: Bool
  var form = Form.empty
  var isClosed = false
  /// Values written into an unkeyed container.
  var count = 0
  /// Which keys were written into a container that has a shape.
  var shape = 0
  /// Keys written into any other keyed container, and into a mixed one.
  var keys = KeysSeen()
}

/// What a writer knows of a key type.
final class WriterKeys {
  let bytes: KeyBytes
  /// Together with a key's byte, the key's label.
  let label: ShapeTrie.Label
  /// The shape of a container of such keys before the first.
  let root: Int
  let isKept: Bool
  let copier: AnyObject
  @exclusivity(unchecked) var handedOut = HandedOut<KeyedWriterCore>()

  init(bytes: KeyBytes, label: ShapeTrie.Label, root: Int, isKept: Bool, copier: AnyObject) {
    (self.bytes, self.label, self.root, self.isKept, self.copier) = (bytes, label, root, isKept, copier)
  }

  var form: WriterNode.Form { bytes == .none ? .keyed : .shaped }
}
