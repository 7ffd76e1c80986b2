import Foundation

/// A folder with the output of each job in files of its own, as GNU parallel's `--results` has them.
struct ResultFolders {
  let path: String

  func store(_ outcome: Outcome) throws {
    let parts = outcome.job.arguments.enumerated().flatMap { ["\($0 + 1)", ResultFolders.name(of: $1)] }
    let folder = ([path] + parts).joined(separator: "/")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, bytes) in [
      ("stdout", outcome.output), ("stderr", outcome.errors), ("seq", Array("\(outcome.job.number)".utf8)),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
  }

  private static func name(of argument: String) -> String {
    argument.map { character in
      switch character {
      case "\\": "\\\\"
      case "\t": "\\t"
      case "/": "\\_"
      default: String(character)
      }
    }.joined()
  }
}
