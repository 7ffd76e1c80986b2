import SeppoWire
import Synchronization

/// A description of a result's type, so that a checkpoint detects a type that has changed under the same name.
///
/// The text has the type, then each type that it contains, at any depth, once, with a line for each stored property or
/// case. It depends only on types, not on values, and so is the same in every process. Types of the standard library
/// and Foundation are described by their names, and their generic arguments are followed.
package enum ResultShape {
  package static func describe(_ type: Any.Type) -> String {
    if let text = cache.withLock({ $0[ObjectIdentifier(type)] }) { return text }
    var lines = ShapeText()
    lines.add(type)
    let text = lines.lines.joined(separator: "\n")
    cache.withLock { $0[ObjectIdentifier(type)] = text }
    return text
  }

  /// A call in a loop needs the same description each time.
  private static let cache = Mutex<[ObjectIdentifier: String]>([:])
}

private struct ShapeText {
  private struct Visit: Hashable {
    let type: ObjectIdentifier
    let isMemory: Bool
  }

  private(set) var lines: [String] = []
  private var length = 0
  private var visited: Set<Visit> = []
  /// The types to visit, and whether each is part of a type that is stored as memory: then it need not be `Codable`.
  private var queue: [(type: Any.Type, isMemory: Bool)] = []

  /// Bounds the text of a generic type that contains ever larger instances of itself.
  private static let maxLength = 65_536

  mutating func add(_ type: Any.Type) {
    append(TypeMetadata.name(of: type))
    queue = [(type, false)]
    var index = 0
    while index < queue.count, length < ShapeText.maxLength {
      visit(queue[index].type, isMemory: queue[index].isMemory)
      index += 1
    }
  }

  private mutating func append(_ line: String) {
    lines.append(line)
    length += line.utf8.count + 1
  }

  private mutating func visit(_ type: Any.Type, isMemory: Bool) {
    guard visited.insert(Visit(type: ObjectIdentifier(type), isMemory: isMemory)).inserted else { return }
    let metadata = TypeMetadata(type)
    if metadata.kind == .tuple {
      for part in metadata.parts { enqueue(part.content, isMemory: isMemory) }
      return
    }
    queue += metadata.genericArguments.map { ($0, isMemory) }
    // The contents of a type that isn't coded don't matter.
    guard !metadata.isSystemType, isMemory || type is any Decodable.Type else { return }
    switch metadata.kind {
    case .structure, .object: addProperties(metadata, isMemory: isMemory)
    case .enumeration: addCases(metadata, isMemory: isMemory)
    case .tuple, .other: break
    }
  }

  /// Adds the type of a part to the queue.
  ///
  /// - Returns: The name of the type.
  @discardableResult
  private mutating func enqueue(_ content: TypeMetadata.Content, isMemory: Bool) -> String? {
    switch content {
    case .none: return nil
    case .unknown: return "?"
    case .type(let type):
      queue.append((type, isMemory))
      return TypeMetadata.name(of: type)
    }
  }

  private mutating func addProperties(_ metadata: TypeMetadata, isMemory: Bool) {
    let superclass = metadata.superclass.flatMap { enqueue(.type($0), isMemory: isMemory) }
    append(TypeMetadata.name(of: metadata.type) + (superclass.map { ": \($0)" } ?? ""))
    let memory = metadata.type as? any PlainMemory.Type
    for part in metadata.parts {
      append("  \(part.name): \(enqueue(part.content, isMemory: isMemory || memory != nil) ?? "?")")
    }
    if let memory {
      append("  memory of \(size(of: memory)) bytes, stride \(stride(of: memory))")
    } else {
      addNames(metadata.type, expected: [nil: metadata.parts.map(\.name)])
    }
  }

  private mutating func addCases(_ metadata: TypeMetadata, isMemory: Bool) {
    let rawType = metadata.type as? any RawRepresentable.Type
    append(TypeMetadata.name(of: metadata.type) + (rawType.map { ": \(rawName(of: $0))" } ?? ""))
    let raw = rawType.flatMap { rawValues(of: $0) } ?? [:]
    var expected: [String?: [String]] = [nil: metadata.parts.map(\.name)]
    for part in metadata.parts {
      let payload = enqueue(part.content, isMemory: isMemory)
      // A tuple's name has its own parentheses.
      let brackets = payload.map { $0.hasPrefix("(") ? $0 : "(\($0))" }
      append("  \(part.name)\(brackets ?? "")\(raw[part.name].map { " = \($0)" } ?? "")")
      expected[part.name] = labels(part.content)
    }
    addNames(metadata.type, expected: expected)
  }

  /// Returns the default coding keys of a case's payload.
  private func labels(_ payload: TypeMetadata.Content) -> [String] {
    switch payload {
    case .none: return []
    case .unknown: return ["_0"]
    case .type(let type):
      let payload = TypeMetadata(type)
      guard payload.kind == .tuple else { return ["_0"] }
      return payload.parts.enumerated().map { $1.name.isEmpty ? "_\($0)" : $1.name }
    }
  }

  /// Adds the coding keys whose names differ from those in the program.
  private mutating func addNames(_ type: Any.Type, expected: [String?: [String]]) {
    guard let type = type as? any Decodable.Type, !Items.haveOwnForm(type) else { return }
    for container in CodingKeyNames(type).containers {
      let names = container.names?.sorted { $0.key < $1.key }
      let isExpected =
        names?.allSatisfy { $0.key == $0.value } == true && names?.map(\.key) == expected[container.under]?.sorted()
      if isExpected { continue }
      let text = names.map { $0.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") } ?? "names of its own"
      append("  coded\(container.under.map { " under \($0)" } ?? "") as \(text)")
    }
  }
}

private func rawName<Value: RawRepresentable>(of type: Value.Type) -> String {
  TypeMetadata.name(of: Value.RawValue.self)
}

/// Returns the raw values of an enum by the names of its cases.
private func rawValues<Value: RawRepresentable>(of type: Value.Type) -> [String: String]? {
  guard
    Value.RawValue.self == String.self || Value.RawValue.self == Character.self
      || Value.RawValue.self is any Numeric.Type
  else { return nil }
  return TypeMetadata.values(of: type).map { values in
    Dictionary(values.map { ($0.name, "\($0.value.rawValue)") }, uniquingKeysWith: { first, _ in first })
  }
}

private func size<Value>(of type: Value.Type) -> Int { MemoryLayout<Value>.size }
private func stride<Value>(of type: Value.Type) -> Int { MemoryLayout<Value>.stride }
