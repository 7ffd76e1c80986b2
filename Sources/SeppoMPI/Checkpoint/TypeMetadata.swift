/// The runtime's metadata of a type, read without a value of the type.
///
/// The records are those that `Mirror` reads. Their layout is part of Swift's ABI: include/swift/ABI/Metadata.h and
/// include/swift/RemoteInspection/Records.h in the compiler's repository. A type that was built without them
/// (`-disable-reflection-metadata`) has no parts here.
struct TypeMetadata {
  enum Kind {
    case structure
    case enumeration
    case tuple
    case object
    /// A protocol, a function or a metatype.
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
    /// A type that the runtime can't resolve.
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
      // 0x202 is Optional.
      case 0x201, 0x202: .enumeration
      case 0x301: .tuple
      default: .other
      }
  }

  var superclass: Any.Type? { (type as? AnyClass).flatMap { _getSuperclass($0) } }

  /// The stored properties of a struct or class (without inherited ones), the elements of a tuple, or the cases of an
  /// enum. Cases with a payload come first, so that the index of each case is its tag.
  var parts: [Part] {
    if kind == .tuple { return elements }
    guard let descriptor, let records = relative(descriptor + 16) else { return [] }
    let size = Int(records.load(fromByteOffset: 10, as: UInt16.self))
    let count = Int(records.load(fromByteOffset: 12, as: UInt32.self))
    return (0..<count).map { index in
      let record = records + 16 + index * size
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
    // Each label is followed by a space.
    let names = labels.map { String(cString: $0).split(separator: " ", omittingEmptySubsequences: false) } ?? []
    return (0..<count).map { index in
      let type = metadata.load(fromByteOffset: (3 + 2 * index) * TypeMetadata.word, as: Any.Type.self)
      return Part(name: index < names.count ? String(names[index]) : "", content: .type(type))
    }
  }

  /// The generic arguments of a struct or an enum, including those of the types that contain it.
  var genericArguments: [Any.Type] {
    guard kind != .object, let descriptor, isGeneric(descriptor), let arguments = arguments(descriptor) else {
      return []
    }
    let header = descriptor + 36
    let parameters = (0..<Int(header.load(as: UInt16.self))).map { header.load(fromByteOffset: 8 + $0, as: UInt8.self) }
    var found: [Any.Type] = []
    var index = 0
    // A parameter without the top bit is the same type as another parameter.
    for parameter in parameters where parameter & 0x80 != 0 {
      switch parameter & 0x3F {
      case 0: found.append(arguments.load(fromByteOffset: index * TypeMetadata.word, as: Any.Type.self))
      // Parameter packs have another layout.
      case 1: return []
      // A value, such as the count of an `InlineArray`.
      default: break
      }
      index += 1
    }
    return found
  }

  private var descriptor: UnsafeRawPointer? {
    switch kind {
    case .structure, .enumeration: metadata.load(fromByteOffset: TypeMetadata.word, as: UnsafeRawPointer?.self)
    case .object:
      #if canImport(ObjectiveC)
        // A pure Objective-C class has no descriptor.
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
    // With a resilient superclass, the offset is known only at run time.
    guard isGeneric(descriptor), flags & 1 << 13 == 0 else { return nil }
    func words(at offset: Int) -> Int { Int(descriptor.load(fromByteOffset: offset, as: UInt32.self)) }
    let isNegative = flags & 1 << 12 != 0
    return metadata + TypeMetadata.word * (isNegative ? -words(at: 24) : words(at: 28) - words(at: 32))
  }

  /// Follows a relative pointer.
  private func relative(_ pointer: UnsafeRawPointer) -> UnsafeRawPointer? {
    let offset = Int(pointer.loadUnaligned(as: Int32.self))
    return offset == 0 ? nil : pointer + offset
  }

  /// Returns the length of a mangled name. References to other records inside the name may contain zero bytes.
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
  /// Returns all values of an enum without payloads, with their names, or nil for all other types.
  static func values<Value>(of type: Value.Type) -> [(name: String, value: Value)]? {
    let metadata = TypeMetadata(type)
    guard metadata.kind == .enumeration, _isPOD(type) else { return nil }
    let cases = metadata.parts
    let isPlain = cases.allSatisfy { if case .none = $0.content { true } else { false } }
    // A value is the index of its case, in the smallest sufficient number of bytes.
    let size = cases.count <= 1 ? 0 : cases.count <= 256 ? 1 : 2
    guard isPlain, MemoryLayout<Value>.size == size else { return nil }
    return cases.enumerated().map { index, found in
      withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { buffer in
        withUnsafeBytes(of: UInt16(index).littleEndian) { bytes in
          UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        }
        return (found.name, buffer[0])
      }
    }
  }

  /// Returns the name of a type without the names of modules and of enclosing functions, which contain addresses that
  /// differ between processes.
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
      // The first word of a path is the module.
      if !word.isEmpty, rest.first == ".", name.last != "." {
        rest = rest.dropFirst()
        // The context after the module may have no name.
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

  /// Whether the type is from the standard library or Foundation, where the contents of types change between versions.
  var isSystemType: Bool {
    let name = String(reflecting: type)
    return ["Swift.", "Foundation.", "FoundationEssentials.", "FoundationInternationalization.", "Observation."]
      .contains { name.hasPrefix($0) }
  }
}
