// Shows Seppo.atRoot and .atRoot. Rank 0 lists the files below the paths, once. All ranks read files and count their lines,
// words and bytes. The counts stay on rank 0, which prints them in order, in the format of wc. On several hosts, the paths
// must be on a file system that all hosts can access.
//
//   ./mpi-run.sh -n 4 WordCount Sources

import Foundation
import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct WordCount: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the number of lines, words and bytes of every file below the paths, and their sums.",
    discussion: """
      For files, the output is that of: wc FILE…
      For a folder, that of: find FOLDER -type f -print0 | sort -z | xargs -0 wc
      Words are those of GNU wc in a UTF-8 locale. Files that can't be read are listed on standard error, and the exit
      status is then 1.
      """)

  @Argument(help: "Files and folders; symbolic links inside folders are not followed.")
  var path: [String]

  static func main() { runOnEveryRank() }

  func run() throws {
    let path = path
    let files = try Seppo.atRoot { FileTree.below(path) }
    let paths = try files.atRoot { $0.files }
    let counts = try paths.parallel().atRoot.map { file in FileCount(of: file) }
    let hasFailed = try files.atRoot { files in
      let table = CountTable(files: files, counts: counts.value ?? [])
      write(table.lines, to: 1)
      for problem in table.problems { write(Array("WordCount: ".utf8) + problem + [10], to: 2) }
      return !table.problems.isEmpty
    }
    if try hasFailed.broadcast() { Seppo.exit(1) }
  }
}

/// Writes bytes, which may not be valid text.
private func write(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno != EINTR { return }
    rest = rest.dropFirst(max(0, count))
  }
}
