/// What the runtime knows of a type, where there is no value of it.
///
/// It reads the records that `Mirror` reads, which lie where Swift's ABI says: include/swift/ABI/Metadata.h and
/// include/swift/RemoteInspection/Records.h in the compiler's repository. A type that was built without them
/// (`-disable-reflection-metadata`) has no parts here.
struct TypeMetadata {
  enum Kind {
    case structure
    case enumeration
    case tuple
    case object
    /// A protocol, a function, a type of types.
    case other
  }

  /// A stored property, an element or a case.
  struct Part {
    /// Empty for an element without a label.
    let name: String
    let content: Content
  }

  enum Content {
    /// A case without a payload.
    case none
    case type(Any.Type)
    /// There is one, and the runtime can't say which.
    case unknown
  }

  let type: Any.Type
  let kind: Kind

  private static let word = MemoryLayout<Int>.size
  private var metadata: UnsafeRawPointer { unsafeBitCast(type, to: UnsafeRawPointer.self) }

  init(_ type: Any.Type) {
    self.type = type
    if type is AnyClass {
      kind = .object
      return
    }
    kind =
      switch unsafeBitCast(type, to: UnsafePointer<Int>.self).pointee {
      case 0x200: .structure
      // Optional has a kind of its own.
      case 0x201, 0x202: .enumeration
      case 0x301: .tuple
      default: .other
      }
  }

  var superclass: Any.Type? { (type as? AnyClass).flatMap { _getSuperclass($0) } }

  /// A struct's or a class's own stored properties, a tuple's elements, and an enum's cases: those with a payload first, so
  /// that each stands at the place that is its tag.
  var parts: [Part] {
    if kind == .tuple { return elements }
    guard let descriptor, let records = relative(descriptor + 16) else { return [] }
    let size = Int(records.load(fromByteOffset: 10, as: UInt16.self))
    let count = Int(records.load(fromByteOffset: 12, as: UInt32.self))
    return (0..<count).map { place in
      let record = records + 16 + place * size
      let name = relative(record + 8).map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
      return Part(name: name ?? "?", content: content(relative(record + 4), descriptor))
    }
  }

  private func content(_ mangledName: UnsafeRawPointer?, _ descriptor: UnsafeRawPointer) -> Content {
    guard let mangledName else { return .none }
    let type = _getTypeByMangledNameInContext(
      mangledName.assumingMemoryBound(to: UInt8.self), UInt(length(ofMangledName: mangledName)),
      genericContext: descriptor, genericArguments: arguments(descriptor))
    return type.map { .type($0) } ?? .unknown
  }

  private var elements: [Part] {
    let count = metadata.load(fromByteOffset: TypeMetadata.word, as: Int.self)
    let labels = metadata.load(fromByteOffset: 2 * TypeMetadata.word, as: UnsafePointer<CChar>?.self)
    // Each has a space behind it.
    let names = labels.map { String(cString: $0).split(separator: " ", omittingEmptySubsequences: false) } ?? []
    return (0..<count).map { place in
      let type = metadata.load(fromByteOffset: (3 + 2 * place) * TypeMetadata.word, as: Any.Type.self)
      return Part(name: place < names.count ? String(names[place]) : "", content: .type(type))
    }
  }

  /// The types between the angle brackets of a struct or an enum, with those of the types around it.
  var genericArguments: [Any.Type] {
    guard kind != .object, let descriptor, isGeneric(descriptor), let arguments = arguments(descriptor) else {
      return []
    }
    let header = descriptor + 36
    let parameters = (0..<Int(header.load(as: UInt16.self))).map { header.load(fromByteOffset: 8 + $0, as: UInt8.self) }
    var found: [Any.Type] = []
    var place = 0
    // Where the topmost bit isn't set, it is the same as another one.
    for parameter in parameters where parameter & 0x80 != 0 {
      switch parameter & 0x3F {
      case 0: found.append(arguments.load(fromByteOffset: place * TypeMetadata.word, as: Any.Type.self))
      // Packs have their lengths in front.
      case 1: return []
      // A number, as of an `InlineArray`.
      default: break
      }
      place += 1
    }
    return found
  }

  private var descriptor: UnsafeRawPointer? {
    switch kind {
    case .structure, .enumeration: metadata.load(fromByteOffset: TypeMetadata.word, as: UnsafeRawPointer?.self)
    case .object:
      #if canImport(ObjectiveC)
        // A class of Objective-C's own has none.
        metadata.load(fromByteOffset: 32, as: UInt.self) & 2 == 0
          ? nil : metadata.load(fromByteOffset: 64, as: UnsafeRawPointer?.self)
      #else
        metadata.load(fromByteOffset: 40, as: UnsafeRawPointer?.self)
      #endif
    case .tuple, .other: nil
    }
  }

  private func isGeneric(_ descriptor: UnsafeRawPointer) -> Bool { descriptor.load(as: UInt32.self) & 0x80 != 0 }

  private func arguments(_ descriptor: UnsafeRawPointer) -> UnsafeRawPointer? {
    guard kind == .object else { return metadata + 2 * TypeMetadata.word }
    let flags = descriptor.load(as: UInt32.self) >> 16
    // Where the superclass's size isn't known before the program runs, nor is this place.
    guard isGeneric(descriptor), flags & 1 << 13 == 0 else { return nil }
    func words(at offset: Int) -> Int { Int(descriptor.load(fromByteOffset: offset, as: UInt32.self)) }
    let isInFront = flags & 1 << 12 != 0
    return metadata + TypeMetadata.word * (isInFront ? -words(at: 24) : words(at: 28) - words(at: 32))
  }

  private func relative(_ place: UnsafeRawPointer) -> UnsafeRawPointer? {
    let offset = Int(place.loadUnaligned(as: Int32.self))
    return offset == 0 ? nil : place + offset
  }

  /// Zero bytes may stand inside, in references to other records.
  private func length(ofMangledName start: UnsafeRawPointer) -> Int {
    var end = start
    while true {
      switch end.load(as: UInt8.self) {
      case 0: return end - start
      case 0x01...0x17: end += 1 + MemoryLayout<Int32>.size
      case 0x18...0x1F: end += 1 + MemoryLayout<UnsafeRawPointer>.size
      default: end += 1
      }
    }
  }
}

extension TypeMetadata {
  /// All values of an enum without payloads, each with its name; nil for all other types.
  static func values<Value>(of type: Value.Type) -> [(name: String, value: Value)]? {
    let metadata = TypeMetadata(type)
    guard metadata.kind == .enumeration, _isPOD(type) else { return nil }
    let cases = metadata.parts
    let isPlain = cases.allSatisfy { if case .none = $0.content { true } else { false } }
    // Such a value is the number of its case, in as few bytes as hold it.
    let size = cases.count <= 1 ? 0 : cases.count <= 256 ? 1 : 2
    guard isPlain, MemoryLayout<Value>.size == size else { return nil }
    return cases.enumerated().map { place, found in
      withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { room in
        withUnsafeBytes(of: UInt16(place).littleEndian) { bytes in
          UnsafeMutableRawBufferPointer(room).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        }
        return (found.name, room[0])
      }
    }
  }

  /// What the language calls it, without the names of modules, and of the functions that it stands in: these have addresses
  /// in them, which are others in each process.
  static func name(of type: Any.Type) -> String {
    var rest = String(reflecting: type)[...]
    var name = ""
    func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
    while let first = rest.first {
      if rest.hasPrefix("(unknown context at ") || rest.hasPrefix("(extension in ") {
        rest = rest.drop { $0 != ")" }.dropFirst(2)
        continue
      }
      let word = rest.prefix(while: isWord)
      rest = rest.dropFirst(max(1, word.count))
      // The first word of a path is a module's.
      if !word.isEmpty, rest.first == ".", name.last != "." {
        rest = rest.dropFirst()
        // What the module stands before may have no name.
        while rest.hasPrefix("(unknown context at ") { rest = rest.drop { $0 != ")" }.dropFirst(2) }
        let next = rest.prefix(while: isWord)
        name += next
        rest = rest.dropFirst(next.count)
      } else {
        name += word.isEmpty ? String(first) : String(word)
      }
    }
    return name
  }

  /// Whether it belongs to the language or to Foundation: what those types are made of is another thing in each version.
  var isOfTheSystem: Bool {
    let name = String(reflecting: type)
    return ["Swift.", "Foundation.", "FoundationEssentials.", "FoundationInternationalization.", "Observation."]
      .contains { name.hasPrefix($0) }
  }
}
