/// The counts of all files, in the format of `wc`.
struct CountTable {
  private(set) var lines: [UInt8] = []
  private(set) var problems: [[UInt8]]

  init(files: FileTree, counts: [FileCount]) {
    problems = files.problems
    var total = FileCount()
    for count in counts { total.add(count) }
    // The width of all columns: there are at least as many bytes as words or lines.
    let width = "\(total.bytes)".count
    for (file, count) in zip(files.files, counts) {
      if let problem = count.problem {
        problems.append(problem)
      } else {
        lines += count.line(for: CountTable.printable(file), width: width)
      }
    }
    if files.files.count + files.missing > 1 { lines += total.line(for: Array("total".utf8), width: width) }
  }

  /// Returns a path for printing. A path with a line break is quoted as in a shell: 'two'$'\n''lines'.
  private static func printable(_ path: Path) -> [UInt8] {
    guard path.contains(UInt8(ascii: "\n")) else { return path }
    let parts = path.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return Array(parts.map { Array("'".utf8) + $0 + Array("'".utf8) }.joined(separator: Array("$'\\n'".utf8)))
  }
}

extension FileCount {
  fileprivate mutating func add(_ other: FileCount) {
    lines += other.lines
    words += other.words
    bytes += other.bytes
  }

  fileprivate func line(for name: [UInt8], width: Int) -> [UInt8] {
    let numbers = [lines, words, bytes].map { number in
      let digits = "\(number)"
      return String(repeating: " ", count: max(0, width - digits.count)) + digits
    }
    return Array(numbers.joined(separator: " ").utf8) + Array(" ".utf8) + name + [10]
  }
}
