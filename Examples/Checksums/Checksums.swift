// Shows real input that is listed once, on rank 0, read by all ranks, and printed in order: the SHA-256 of every file below
// the paths, as sha256sum prints it. On several hosts the paths must be on a file system that all of them see.
//
//   ./mpi-run.sh -n 4 Checksums /usr/share/doc

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct Checksums: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the SHA-256 checksum of every file below the paths, in sorted order.",
    discussion: """
      The output is that of: find PATH… -type f -print0 | sort -z | xargs -0 sha256sum
      What can't be read is named on standard error, and makes the exit status 1.
      """)

  @Argument(help: "Files and folders; symbolic links are not followed.")
  var path: [String]

  static func main() { runOnEveryRank() }

  func run() throws {
    let path = path
    let files = try Seppo.atRoot { FileTree.below(path) }
    let paths = try files.atRoot { $0.files }
    let checksums = try paths.parallel().mapAtRoot { file in FileChecksum(of: file) }
    let hasFailed = try files.atRoot { files in
      var lines: [UInt8] = []
      var problems = files.problems
      for (file, checksum) in zip(files.files, checksums.value ?? []) {
        if let problem = checksum.problem {
          problems.append(problem)
        } else {
          lines += checksum.line(for: file)
        }
      }
      write(lines, to: 1)
      for problem in problems { write(Array("Checksums: ".utf8) + problem + [10], to: 2) }
      return !problems.isEmpty
    }
    if try hasFailed.broadcast() { Seppo.exit(1) }
  }
}

/// Writes bytes, whatever characters they are.
private func write(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno != EINTR { return }
    rest = rest.dropFirst(max(0, count))
  }
}
