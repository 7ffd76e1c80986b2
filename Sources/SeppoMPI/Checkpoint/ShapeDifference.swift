extension ResultShape {
  /// Returns the first type that differs between two descriptions, with only those properties or cases that differ.
  package static func difference(_ stored: String, _ now: String) -> (stored: String, now: String) {
    let (stored, now) = (ShapeParts(stored), ShapeParts(now))
    guard stored.whole == now.whole else { return (stored.whole, now.whole) }
    for (before, after) in zip(stored.types, now.types) where before != after {
      // Lines can be omitted only if both describe the same type.
      let ends = before.commonEnds(with: after)
      return (
        stored.text(before.text(without: ends), of: before), now.text(after.text(without: ends), of: after)
      )
    }
    return ("\(stored.whole), made of \(stored.types.count) types", "\(now.whole), made of \(now.types.count)")
  }
}

/// A parsed description.
private struct ShapeParts {
  let whole: String
  let types: [Part]

  struct Part: Equatable {
    let head: String
    var lines: [Substring] = []

    /// Returns the number of common lines at the start and at the end, so that at least one line remains of each.
    func commonEnds(with other: Part) -> (first: Int, last: Int) {
      guard head == other.head else { return (0, 0) }
      let most = min(lines.count, other.lines.count)
      var first = zip(lines, other.lines).prefix { $0 == $1 }.count
      var last = zip(lines.reversed(), other.lines.reversed()).prefix { $0 == $1 }.count
      last = min(last, most - min(first, most))
      if first + last == most {
        // If one side has only additional lines, a neighboring line shows where.
        if first > 0 { first -= 1 } else if last > 0 { last -= 1 }
      }
      return (first, last)
    }

    func text(without ends: (first: Int, last: Int)) -> String {
      var shown = lines[ends.first..<(lines.count - ends.last)].map { String($0) }
      if ends.first > 0 { shown.insert("…", at: 0) }
      if ends.last > 0 { shown.append("…") }
      return shown.isEmpty ? head + " { }" : head + " { " + shown.joined(separator: ", ") + " }"
    }
  }

  init(_ text: String) {
    var lines = text.split(separator: "\n")[...]
    whole = lines.popFirst().map { String($0) } ?? ""
    var types: [Part] = []
    for line in lines {
      if line.hasPrefix("  ") {
        if !types.isEmpty { types[types.count - 1].lines.append(line.dropFirst(2)) }
      } else {
        types.append(Part(head: String(line)))
      }
    }
    self.types = types
  }

  func text(_ part: String, of type: Part) -> String { type.head == whole ? part : "\(whole) with \(part)" }
}
