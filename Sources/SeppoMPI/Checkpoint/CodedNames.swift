/// The names by which a type is coded: it is asked to decode itself by a decoder that notes what it is asked for, and has no
/// value for anything.
///
/// So no `init(from:)` ever gets an invented value, which it might not expect. What a type would ask for only once it had a
/// value isn't seen, but for an enum's cases, each of which is offered in turn.
struct CodedNames {
  struct Container: Equatable {
    /// The key under which it is; nil for the outermost.
    let under: String?
    /// Of all keys of its type, the names in the program and in what is stored; nil where they can't be listed.
    let names: [String: String]?
  }

  let containers: [Container]

  init(_ type: any Decodable.Type) {
    let answers = Answers()
    var offered = 0
    repeat {
      answers.offered = offered
      // It throws: there is nothing to decode.
      _ = try? type.init(from: NamesDecoder(answers: answers, under: nil))
      offered += 1
    } while offered < answers.choices
    containers = answers.containers
  }
}

private final class Answers {
  var containers: [CodedNames.Container] = []
  /// Which of a container's keys is said to be there.
  var offered = 0
  /// How many keys could be offered, where anybody asks which there are.
  var choices = 0

  /// Those that were listed before, by their types.
  private var known: [ObjectIdentifier: AnyObject] = [:]

  private final class Listed<Key> {
    let keys: [(name: String, value: Key)]?
    init(_ keys: [(name: String, value: Key)]?) { self.keys = keys }
  }

  /// Nil where they can't be listed.
  func keys<Key: CodingKey>(_ type: Key.Type) -> [(name: String, value: Key)]? {
    if let listed = known[ObjectIdentifier(type)] as? Listed<Key> { return listed.keys }
    let listed = Listed(TypeMetadata.values(of: type))
    known[ObjectIdentifier(type)] = listed
    return listed.keys
  }

  func note<Key: CodingKey>(_ type: Key.Type, under: String?) {
    let names = keys(type).map { keys in
      Dictionary(keys.map { ($0.name, $0.value.stringValue) }, uniquingKeysWith: { first, _ in first })
    }
    let container = CodedNames.Container(under: under, names: names)
    if !containers.contains(container) { containers.append(container) }
  }
}

/// An error that types are used to.
private func nothing() -> DecodingError {
  .dataCorrupted(.init(codingPath: [], debugDescription: "there is no value: a checkpoint asks for names only"))
}

private struct NamesDecoder: Decoder {
  let answers: Answers
  let under: String?

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    answers.note(type, under: under)
    return KeyedDecodingContainer(NamesContainer<Key>(answers: answers, under: under))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw nothing() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw nothing() }
}

private struct NamesContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let answers: Answers
  let under: String?

  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    guard let keys = answers.keys(Key.self) else { return [] }
    answers.choices = max(answers.choices, keys.count)
    return keys.indices.contains(answers.offered) ? [keys[answers.offered].value] : []
  }

  func contains(_ key: Key) -> Bool { allKeys.contains { $0.stringValue == key.stringValue } }
  func decodeNil(forKey key: Key) throws -> Bool { throw nothing() }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { throw nothing() }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try inside(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw nothing() }
  func superDecoder() throws -> any Decoder { throw nothing() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw nothing() }

  private func inside(_ key: Key) throws -> NamesDecoder {
    guard under == nil else { throw nothing() }
    return NamesDecoder(answers: answers, under: key.stringValue)
  }
}
