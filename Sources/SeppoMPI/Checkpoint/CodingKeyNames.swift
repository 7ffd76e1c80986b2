/// The coding keys of a type, found by decoding it with a decoder that records the keys it is asked for and has no
/// values.
///
/// No `init(from:)` ever gets an invented value, which it might not expect. Keys that a type requests only after it got
/// a value aren't found, except for the cases of an enum, each of which is offered in turn.
struct CodingKeyNames {
  struct Container: Equatable {
    /// The key of this container in its parent, or nil for the outermost.
    let under: String?
    /// The stored names of all keys, by their names in the program; nil if they can't be listed.
    let names: [String: String]?
  }

  let containers: [Container]

  init(_ type: any Decodable.Type) {
    let probe = Probe()
    var offered = 0
    repeat {
      probe.offered = offered
      // Always throws, because there are no values.
      _ = try? type.init(from: NamesDecoder(probe: probe, under: nil))
      offered += 1
    } while offered < probe.choices
    containers = probe.containers
  }
}

private final class Probe {
  var containers: [CodingKeyNames.Container] = []
  /// The index of the key that each container claims to have.
  var offered = 0
  /// The maximum number of keys in a container that was asked for all its keys.
  var choices = 0

  /// A cache of `keys(_:)` by type.
  private var cache: [ObjectIdentifier: AnyObject] = [:]

  private final class Listed<Key> {
    let keys: [(name: String, value: Key)]?
    init(_ keys: [(name: String, value: Key)]?) { self.keys = keys }
  }

  /// Returns all keys of a type, or nil if they can't be listed.
  func keys<Key: CodingKey>(_ type: Key.Type) -> [(name: String, value: Key)]? {
    if let listed = cache[ObjectIdentifier(type)] as? Listed<Key> { return listed.keys }
    let listed = Listed(TypeMetadata.values(of: type))
    cache[ObjectIdentifier(type)] = listed
    return listed.keys
  }

  func note<Key: CodingKey>(_ type: Key.Type, under: String?) {
    let names = keys(type).map { keys in
      Dictionary(keys.map { ($0.name, $0.value.stringValue) }, uniquingKeysWith: { first, _ in first })
    }
    let container = CodingKeyNames.Container(under: under, names: names)
    if !containers.contains(container) { containers.append(container) }
  }
}

/// Returns the kind of error that decoders usually throw.
private func noValue() -> DecodingError {
  .dataCorrupted(.init(codingPath: [], debugDescription: "there is no value: a checkpoint asks for names only"))
}

private struct NamesDecoder: Decoder {
  let probe: Probe
  let under: String?

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    probe.note(type, under: under)
    return KeyedDecodingContainer(NamesContainer<Key>(probe: probe, under: under))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw noValue() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw noValue() }
}

private struct NamesContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let probe: Probe
  let under: String?

  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    guard let keys = probe.keys(Key.self) else { return [] }
    probe.choices = max(probe.choices, keys.count)
    return keys.indices.contains(probe.offered) ? [keys[probe.offered].value] : []
  }

  func contains(_ key: Key) -> Bool { allKeys.contains { $0.stringValue == key.stringValue } }
  func decodeNil(forKey key: Key) throws -> Bool { throw noValue() }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { throw noValue() }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try inside(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw noValue() }
  func superDecoder() throws -> any Decoder { throw noValue() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw noValue() }

  private func inside(_ key: Key) throws -> NamesDecoder {
    guard under == nil else { throw noValue() }
    return NamesDecoder(probe: probe, under: key.stringValue)
  }
}
