import SeppoWire
import Synchronization

/// What the type of a result looks like, so that a checkpoint notices when it has changed under the same name.
///
/// A text: the type, then each type that it is made of, however deep, once, with a line for each stored property or case. It
/// follows from types alone, and so is the same in every process, whatever the values. A type of the language's or of
/// Foundation's is its name, and what stands between its angle brackets is looked at.
package enum ResultShape {
  package static func describe(_ type: Any.Type) -> String {
    if let text = known.withLock({ $0[ObjectIdentifier(type)] }) { return text }
    var lines = ShapeText()
    lines.add(type)
    let text = lines.lines.joined(separator: "\n")
    known.withLock { $0[ObjectIdentifier(type)] = text }
    return text
  }

  /// A call in a loop asks for its type each time.
  private static let known = Mutex<[ObjectIdentifier: String]>([:])
}

private struct ShapeText {
  private struct Met: Hashable {
    let type: ObjectIdentifier
    let isMemory: Bool
  }

  private(set) var lines: [String] = []
  private var length = 0
  private var met: Set<Met> = []
  /// What is still to be looked at, and whether it lies in another type's memory: then it need not be `Codable`.
  private var next: [(type: Any.Type, isMemory: Bool)] = []

  /// A generic type may be made of ever larger ones of its kind.
  private static let longest = 65_536

  mutating func add(_ type: Any.Type) {
    append(TypeMetadata.name(of: type))
    next = [(type, false)]
    var place = 0
    while place < next.count, length < ShapeText.longest {
      look(next[place].type, isMemory: next[place].isMemory)
      place += 1
    }
  }

  private mutating func append(_ line: String) {
    lines.append(line)
    length += line.utf8.count + 1
  }

  private mutating func look(_ type: Any.Type, isMemory: Bool) {
    guard met.insert(Met(type: ObjectIdentifier(type), isMemory: isMemory)).inserted else { return }
    let metadata = TypeMetadata(type)
    if metadata.kind == .tuple {
      for part in metadata.parts { note(part.content, isMemory: isMemory) }
      return
    }
    next += metadata.genericArguments.map { ($0, isMemory) }
    // What a type has that isn't coded may be anything.
    guard !metadata.isOfTheSystem, isMemory || type is any Decodable.Type else { return }
    switch metadata.kind {
    case .structure, .object: addProperties(metadata, isMemory: isMemory)
    case .enumeration: addCases(metadata, isMemory: isMemory)
    case .tuple, .other: break
    }
  }

  /// - Returns: the name of the type.
  @discardableResult
  private mutating func note(_ content: TypeMetadata.Content, isMemory: Bool) -> String? {
    switch content {
    case .none: return nil
    case .unknown: return "?"
    case .type(let type):
      next.append((type, isMemory))
      return TypeMetadata.name(of: type)
    }
  }

  private mutating func addProperties(_ metadata: TypeMetadata, isMemory: Bool) {
    let superclass = metadata.superclass.flatMap { note(.type($0), isMemory: isMemory) }
    append(TypeMetadata.name(of: metadata.type) + (superclass.map { ": \($0)" } ?? ""))
    let memory = metadata.type as? any PlainMemory.Type
    for part in metadata.parts {
      append("  \(part.name): \(note(part.content, isMemory: isMemory || memory != nil) ?? "?")")
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
      let payload = note(part.content, isMemory: isMemory)
      // A tuple has brackets of its own.
      let brackets = payload.map { $0.hasPrefix("(") ? $0 : "(\($0))" }
      append("  \(part.name)\(brackets ?? "")\(raw[part.name].map { " = \($0)" } ?? "")")
      expected[part.name] = labels(part.content)
    }
    addNames(metadata.type, expected: expected)
  }

  /// The names under which a case's payload is coded.
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

  /// The names by which it is coded, where these are others than those in the program.
  private mutating func addNames(_ type: Any.Type, expected: [String?: [String]]) {
    guard let type = type as? any Decodable.Type, !Items.haveOwnForm(type) else { return }
    for container in CodedNames(type).containers {
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

/// By the cases' names.
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
