import Foundation

/// Where the arguments of the jobs come from.
enum Arguments {
  /// All combinations of one argument from each of these lists.
  case lists([[String]])
  /// The lines of a file; nil for standard input.
  case lines(String?)

  /// The number of arguments that a job has.
  var sources: Int {
    switch self {
    case .lists(let lists): lists.count
    case .lines: 1
    }
  }

  /// Returns the arguments of the jobs. Lines are read when they are needed.
  ///
  /// - Throws: if the file can't be read.
  func makeIterator() throws -> AnyIterator<[String]> {
    switch self {
    case .lists(let lists):
      return Arguments.combinations(of: lists.count == 1 ? lists : lists.map { $0.isEmpty ? [""] : $0 })
    case .lines(let path):
      guard let file = path.map({ fopen($0, "re") }) ?? fdopen(0, "r") else {
        throw UnreadableFile(description: "\(path ?? "standard input"): \(String(cString: strerror(errno)))")
      }
      return Arguments.lines(of: file)
    }
  }

  struct UnreadableFile: Error, CustomStringConvertible {
    let description: String
  }

  private static func lines(of file: sending UnsafeMutablePointer<FILE>) -> AnyIterator<[String]> {
    AnyIterator {
      var line: UnsafeMutablePointer<CChar>?
      var capacity = 0
      defer { free(line) }
      let count = getline(&line, &capacity, file)
      guard count >= 0, let line else { return nil }
      let bytes = UnsafeRawBufferPointer(start: line, count: count)
      return [String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)]
    }
  }

  /// The last list's arguments vary fastest.
  private static func combinations(of lists: [[String]]) -> AnyIterator<[String]> {
    let count = lists.reduce(1) { $0 * $1.count }
    var number = 0
    return AnyIterator {
      if number == count { return nil }
      var (rest, arguments) = (number, [String]())
      for list in lists.reversed() {
        arguments.append(list[rest % list.count])
        rest /= list.count
      }
      number += 1
      return arguments.reversed()
    }
  }
}
