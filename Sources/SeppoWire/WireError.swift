/// An error in encoding or decoding an item.
package struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Direction: Sendable, Equatable {
    case encode
    case decode
  }

  package let direction: Direction
  /// The index of the item among those of the call.
  package let item: Int
  package let type: String
  /// The path to the value, such as `atoms[3].position`. Empty for the item itself.
  package let codingPath: String
  package let reason: String

  package var description: String {
    let place = codingPath.isEmpty ? "" : " at \(codingPath)"
    return "item \(item): \(type) can't be \(direction == .encode ? "encoded" : "decoded")\(place): \(reason)"
  }

  init(encoding type: Any.Type, item: Int, error: any Error) {
    var path: [any CodingKey] = []
    let reason: String
    // Don't print the whole error: it contains the value, which may nest too deep to print.
    if case EncodingError.invalidValue(_, let context) = error {
      path = context.codingPath
      reason = context.debugDescription
    } else {
      reason = "\(error)"
    }
    self.init(direction: .encode, item: item, type: type, path: path, reason: reason)
  }

  init(decoding type: Any.Type, item: Int, error: any Error) {
    var path: [any CodingKey] = []
    var reason = "\(error)"
    if let error = error as? DecodingError {
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        path = context.codingPath
        reason = context.debugDescription
      case .keyNotFound(_, let context):
        path = context.codingPath
        reason = context.debugDescription
      @unknown default: break
      }
    }
    self.init(direction: .decode, item: item, type: type, path: path, reason: reason)
  }

  private init(direction: Direction, item: Int, type: Any.Type, path: [any CodingKey], reason: String) {
    self.direction = direction
    self.item = item
    self.type = String(describing: type)
    self.codingPath = WireError.format(path)
    self.reason = reason
  }

  /// Formats a path in one line. A long path, such as that of a cycle, is shortened to its two ends.
  static func format(_ path: [any CodingKey]) -> String {
    let ends = 12
    if path.count > 3 * ends {
      return format(Array(path.prefix(ends))) + "…" + format(Array(path.suffix(ends))) + " (\(path.count) levels)"
    }
    var text = ""
    for key in path {
      if let index = key as? IndexKey {
        text += "[\(index.index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return text
  }
}

/// An index in an unkeyed container.
struct IndexKey: CodingKey {
  let index: Int

  init(_ index: Int) { self.index = index }
  init?(intValue: Int) { self.init(intValue) }
  init?(stringValue: String) { return nil }

  var intValue: Int? { index }
  var stringValue: String { "Index \(index)" }
}

/// The default key of a superclass.
struct SuperKey: CodingKey {
  init() {}
  init?(intValue: Int) { return nil }
  init?(stringValue: String) { if stringValue != "super" { return nil } }

  var intValue: Int? { nil }
  var stringValue: String { "super" }
}
