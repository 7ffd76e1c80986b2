import SeppoWire

/// What the type of a result looks like, so that a checkpoint notices when it has changed under the same name.
///
/// For a struct, class or tuple that is the names and declared types of its stored properties, and what those look like in
/// their turn; for all else it is the name. Which value it is asked with makes no difference: what can only be seen where a
/// value happens to be (inside an optional, an array, an enum's case, or behind a protocol) is not looked at.
package enum ResultShape {
  package static func describe(_ value: Any) -> String {
    var text = ShapeText()
    text.add(value)
    return text.text
  }
}

private struct ShapeText {
  private(set) var text = ""
  private var depth = 0

  /// No optional is looked into, so no value holds one of its own type; generic types nest deep all the same.
  private static let deepest = 16
  /// From here on names only.
  private static let longest = 16_384

  mutating func add(_ value: Any) {
    let type = declaredType(of: value)
    // Not the reflected name: that of a private type has an address in it.
    text += String(describing: type)
    guard text.utf8.count < ShapeText.longest, depth < ShapeText.deepest, let mirror = fields(of: value, type) else {
      return
    }
    depth += 1
    defer { depth -= 1 }
    var levels: [Mirror] = [mirror]
    while let next = levels[0].superclassMirror { levels.insert(next, at: 0) }
    text += " {"
    for (index, field) in levels.flatMap(\.children).enumerated() {
      text += index == 0 ? " " : ", "
      text += "\(field.label ?? "\(index)"): "
      add(field.value)
    }
    text += " }"
    if type is any PlainMemory.Type { text += " of \(size(of: value)) bytes, stride \(stride(of: value))" }
  }

  /// The stored properties that every value of the type has; nil where the name says all that can be said.
  private func fields(of value: Any, _ type: Any.Type) -> Mirror? {
    if value is any CustomReflectable || isOfTheSystem(type) { return nil }
    var mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .struct, .tuple:
      // Where these differ, a protocol was declared.
      return mirror.subjectType == type ? mirror : nil
    case .class:
      // A subclass may stand where its superclass was declared.
      while mirror.subjectType != type {
        guard let next = mirror.superclassMirror else { return nil }
        mirror = next
      }
      return mirror
    default: return nil
    }
  }

  /// What those types are made of is another thing in each of their versions.
  private func isOfTheSystem(_ type: Any.Type) -> Bool {
    let name = String(reflecting: type)
    return ["Swift.", "Foundation.", "FoundationEssentials.", "__C."].contains { name.hasPrefix($0) }
  }
}

/// The type that a property or parameter was declared with, where `type(of:)` gives what happens to be in it.
private func declaredType(of value: Any) -> Any.Type {
  func type<T>(_ value: T) -> Any.Type { T.self }
  return _openExistential(value, do: type)
}

private func size(of value: Any) -> Int {
  func size<T>(_ value: T) -> Int { MemoryLayout<T>.size }
  return _openExistential(value, do: size)
}

private func stride(of value: Any) -> Int {
  func stride<T>(_ value: T) -> Int { MemoryLayout<T>.stride }
  return _openExistential(value, do: stride)
}
