/// The hosts that the user, or a batch system, has named.
package struct HostList: Sendable, Equatable {
  /// A host with the slots that its entries give, all together; nil if `mpirun` counts them itself.
  package struct Host: Sendable, Equatable {
    package let name: String
    package let slots: Int?

    package init(_ name: String, _ slots: Int?) {
      self.name = name
      self.slots = slots
    }
  }

  /// An entry as it is written: `a:4` of a list, or a line of a file.
  private struct Entry: Sendable, Equatable {
    let text: String
    /// Nil for a comment.
    let host: String?
    let slots: Int?
  }

  private let entries: [Entry]
  package let isFile: Bool

  private init(_ entries: [Entry], isFile: Bool) {
    self.entries = entries
    self.isFile = isFile
  }

  /// - Parameter list: `a:4,b:4`; a host without a number has one slot.
  package init(list: String) {
    let entries = list.split(separator: ",").map { text in
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return Entry(text: String(text), host: String(parts[0]), slots: parts.count == 1 ? 1 : Int(parts[1]))
    }
    self.init(entries, isFile: false)
  }

  /// - Parameter file: lines such as `node1 slots=4`. A host without a number that has several lines has a slot for each.
  package init(file: String) {
    let entries = file.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = line.prefix { $0 != "#" }
      let host = words.split(whereSeparator: \.isWhitespace).first.map(String.init)
      return Entry(text: String(line), host: host, slots: HostList.slots(in: words))
    }
    self.init(entries.last?.text == "" ? entries.dropLast() : entries, isFile: true)
  }

  /// Returns the number of ` slots = 2`.
  private static func slots(in line: Substring) -> Int? {
    guard let match = line.firstMatch(of: /[ \t]slots[ \t]*=[ \t]*([0-9]+)/) else { return nil }
    return Int(match.1)
  }

  package var hosts: [Host] {
    var names: [String] = []
    for case let name? in entries.map(\.host) where !names.contains(name) { names.append(name) }
    return names.map { name in
      let own = entries.filter { $0.host == name }
      let given = own.compactMap(\.slots)
      if !isFile { return Host(name, given.count == own.count ? given.reduce(0, +) : nil) }
      return Host(name, given.isEmpty ? (own.count > 1 ? own.count : nil) : given.reduce(0, +))
    }
  }

  /// Nil if the slots of a host are unknown.
  package var slots: Int? {
    hosts.reduce(into: 0 as Int?) { sum, host in sum = host.slots.flatMap { slots in sum.map { $0 + slots } } }
  }

  package func without(_ lost: [String]) -> HostList {
    HostList(entries.filter { entry in entry.host.map { !lost.contains($0) } ?? true }, isFile: isFile)
  }

  /// As it is written in a list or a file.
  package var text: String {
    isFile ? entries.map { $0.text + "\n" }.joined() : entries.map(\.text).joined(separator: ",")
  }
}
