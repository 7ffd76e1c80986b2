/// Reads the options as `mpirun` has them, which are none of getopt's: `-np 4`, `-n4`, `-x NAME`.
package struct OptionParser {
  private var options = LaunchOptions()
  private var left: ArraySlice<String>

  private init(_ words: [String]) { left = words[...] }

  /// - Parameter words: the options, the program, and its arguments.
  package static func parse(_ words: [String]) throws(Misuse) -> LaunchOptions {
    var parser = OptionParser(words)
    try parser.parse()
    return parser.options
  }

  private mutating func parse() throws(Misuse) {
    while let word = left.first, word.hasPrefix("-") {
      left.removeFirst()
      if word == "--" { break }
      try take(word)
    }
    guard !left.isEmpty || options.wantsHelp else {
      throw Misuse("no program was named; type its name after the options:", "./mpi-run.sh -n 4 HelloWorld")
    }
    options.words = Array(left)
  }

  private mutating func take(_ word: String) throws(Misuse) {
    let (name, joined) = OptionParser.split(word)
    switch name {
    case "--debug" where joined == nil: options.isDebug = true
    case "-h" where joined == nil, "--help" where joined == nil: options.wantsHelp = true
    case "-n", "--n", "-np", "--np": try set(\.ranks, "-n", "ranks", value(of: name, joined))
    case "--threads": try set(\.threads, name, "threads", value(of: name, joined))
    case "--threads-per-item": try set(\.threadsPerItem, name, "threads per item", value(of: name, joined))
    case "--restarts": try set(\.restarts, name, "restarts", value(of: name, joined))
    case "-x": try addVariable(value(of: name, joined))
    case "--host", "--hosts", "--hostfile":
      guard options.hosts == nil else {
        throw Misuse("the hosts are given twice: name them all with one --hosts or one --hostfile")
      }
      let text = try value(of: name, joined)
      if name == "--hostfile" {
        options.hosts = .file(text)
      } else {
        guard !text.isEmpty, !text.hasPrefix("-"), !text.contains(where: \.isWhitespace) else {
          throw Misuse("--hosts takes names without spaces, not '\(text)': --hosts node1:4,node2:4")
        }
        options.hosts = .list(text)
      }
    default:
      throw Misuse(
        """
        unknown option '\(word)'; the options are -n N, --threads T, --threads-per-item P, --restarts K, --hosts LIST, --hostfile FILE,
        -x NAME[=VALUE], --debug (a program's own options go after its name: ./mpi-run.sh PROGRAM \(word))
        """)
    }
  }

  /// Splits `-n=4`, `-n4` and `--threads=4` into the name and the value.
  private static func split(_ word: String) -> (name: String, value: String?) {
    if let equals = word.firstIndex(of: "="), !word.hasPrefix("-x") || word.hasPrefix("-x=") {
      return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }
    for short in ["-n", "-x"] where word.hasPrefix(short) && word != "-np" && word.count > 2 {
      return (short, String(word.dropFirst(2)))
    }
    return (word, nil)
  }

  private mutating func value(of name: String, _ joined: String?) throws(Misuse) -> String {
    if let joined { return joined }
    guard let value = left.popFirst() else {
      throw Misuse(
        "\(name) needs a value; for example:",
        "-n 4, --threads 4, --threads-per-item 4, --restarts 5, --hosts node1:4,node2:4, --hostfile hosts.txt or -x NAME"
      )
    }
    return value
  }

  private mutating func set(
    _ option: WritableKeyPath<LaunchOptions, Int?>, _ name: String, _ what: String, _ text: String
  ) throws(Misuse) {
    guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text), (1...999_999).contains(number) else {
      throw Misuse(
        "\(name) takes a whole number of \(what) from 1 to 999999, not '\(text)'; for example: ./mpi-run.sh \(name) 4 PROGRAM"
      )
    }
    guard options[keyPath: option] == nil else { throw Misuse("\(name) is given twice: give it once") }
    options[keyPath: option] = number
  }

  private mutating func addVariable(_ text: String) throws(Misuse) {
    let name = text.prefix { $0 != "=" }
    guard let first = name.first, first == "_" || first.isASCII && first.isLetter,
      name.allSatisfy({ $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { throw Misuse("-x takes the name of a variable, or NAME=VALUE, not '\(text)': -x DATA=/scratch/data") }
    options.variables.append(text)
  }
}
