/// The programs of a package.
package struct ManifestPrograms: Sendable, Equatable {
  package let names: [String]

  /// - Parameter text: the manifest's.
  package init(text: String) {
    let lines = text.split(separator: "\n").map { line -> Substring in
      line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    }
    let code = lines.joined(separator: " ")
    var names: [String] = []
    for match in code.matches(of: /\.executable(?:Target)?\s*\(\s*name:\s*"([^"]+)"/) {
      let name = String(match.output.1)
      if !names.contains(name) { names.append(name) }
    }
    self.names = names
  }

  /// - Parameters:
  ///   - described: what `swift package describe --type json` prints.
  ///   - other: if that has none.
  package init(described: String, else other: ManifestPrograms) {
    var names: [String] = []
    // An object of a target has its name and its type, in any order, and no other object within.
    for object in described.split(whereSeparator: { $0 == "{" || $0 == "}" })
    where object.contains(/"type" *: *"executable"/) {
      if let match = object.firstMatch(of: /"name" *: *"([^"]+)"/) { names.append(String(match.output.1)) }
    }
    self.names = names.isEmpty ? other.names : names
  }

  /// Compares the names itself: on macOS, the file system would also find helloworld.
  package func misuse(_ name: String) -> Misuse {
    let near = names.first { $0.lowercased() == name.lowercased() }
    return Misuse(
      "there is no program '\(name)'\(near.map { "; did you mean \($0)?" } ?? "")",
      names.isEmpty ? "this package has none" : "choose one of these: \(names.joined(separator: " "))")
  }
}
