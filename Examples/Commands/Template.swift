/// A command line with places for arguments, as GNU parallel's.
struct Template {
  /// What a place gets of an argument.
  private enum Part: String {
    case whole = ""
    case withoutExtension = "."
    case name = "/"
    case folder = "//"
    case nameWithoutExtension = "/."

    func of(_ argument: String) -> String {
      switch self {
      case .whole: argument
      case .withoutExtension: Part.withoutExtension(argument)
      case .name: Part.name(argument)
      case .folder: Part.folder(argument)
      case .nameWithoutExtension: Part.withoutExtension(Part.name(argument))
      }
    }

    private static func name(_ path: String) -> String {
      path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }

    private static func withoutExtension(_ path: String) -> String {
      guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
      return String(path[..<dot])
    }

    /// As `dirname` has it.
    private static func folder(_ path: String) -> String {
      let name = withoutSlashes(path[...])
      guard let slash = name.lastIndex(of: "/") else { return path.hasPrefix("/") ? "/" : "." }
      let folder = withoutSlashes(name[..<slash])
      return folder.isEmpty ? "/" : String(folder)
    }

    /// Returns the path without slashes at its end.
    private static func withoutSlashes(_ path: Substring) -> Substring {
      guard let end = path.lastIndex(where: { $0 != "/" }) else { return "" }
      return path[...end]
    }
  }

  private enum Piece {
    case text(String)
    /// The number of the job.
    case number
    /// A part of the argument from this source, the first being 1; nil for all sources.
    case argument(Part, source: Int?)
  }

  private let pieces: [Piece]
  /// Whether the argument is the command line itself.
  private let isEmpty: Bool

  /// - Parameter text: without any place, the argument is appended.
  init(_ text: String) {
    isEmpty = text.isEmpty
    var pieces: [Piece] = []
    var rest = text[...]
    while let brace = rest.firstIndex(of: "{") {
      if let end = rest[brace...].firstIndex(of: "}"),
        let piece = Template.place(rest[rest.index(after: brace)..<end])
      {
        pieces += [.text(String(rest[..<brace])), piece]
        rest = rest[rest.index(after: end)...]
      } else {
        pieces.append(.text(String(rest[...brace])))
        rest = rest[rest.index(after: brace)...]
      }
    }
    pieces.append(.text(String(rest)))
    if pieces.count(where: { if case .text = $0 { false } else { true } }) == 0 {
      pieces += [.text(" "), .argument(.whole, source: nil)]
    }
    self.pieces = pieces
  }

  private static func place(_ code: Substring) -> Piece? {
    if code == "#" { return .number }
    let digits = code.prefix { $0.isNumber }
    guard let part = Part(rawValue: String(code.dropFirst(digits.count))) else { return nil }
    if digits.isEmpty { return .argument(part, source: nil) }
    return Int(digits).flatMap { $0 > 0 ? .argument(part, source: $0) : nil }
  }

  /// GNU parallel's places that this program doesn't have, in the text.
  static func unsupported(in text: String) -> String? { ["{%}", "{= ", "{+"].first { text.contains($0) } }

  /// The highest source that a place names; 0 if there is none.
  var highestSource: Int {
    pieces.map { if case .argument(_, let source?) = $0 { source } else { 0 } }.max() ?? 0
  }

  /// Returns the command line for arguments, one from each source.
  func line(_ arguments: [String], number: Int) -> String {
    if isEmpty { return arguments.joined(separator: " ") }
    return pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .number: "\(number)"
      case .argument(let part, nil): arguments.map { Template.quoted(part.of($0)) }.joined(separator: " ")
      case .argument(let part, let source?): Template.quoted(part.of(arguments[source - 1]))
      }
    }.joined()
  }

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/")

  private static func quoted(_ text: String) -> String {
    if !text.isEmpty, text.allSatisfy({ plain.contains($0) }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
  }
}
