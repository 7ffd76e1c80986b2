import Foundation
import SeppoMPI

/// What a row's program found: a line of JSON on standard output, which the runner reads.
struct Figure: Encodable {
  let row: String
  let value: Double

  /// Prints the line, in one write: several ranks may print theirs at the same time.
  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    FileHandle.standardOutput.write(try encoder.encode(self) + Data("\n".utf8))
  }
}

/// A map gave something else than `map` would: the sample doesn't count.
struct WrongAnswer: Error, CustomStringConvertible {
  let description: String

  /// Throws unless the answer holds.
  static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw WrongAnswer(description: "wrong answer: \(what())") }
  }
}

/// Time, as the rows measure it.
enum Stopwatch {
  /// How many seconds the body takes.
  static func seconds<Value>(_ body: () throws -> Value) rethrows -> (seconds: Double, value: Value) {
    let start = ContinuousClock.now
    let value = try body()
    return ((ContinuousClock.now - start) / .seconds(1), value)
  }

  /// Runs a map once to warm up and then `times` more: the median of those seconds, on each rank by its own clock.
  ///
  /// The ranks start each map together, and the check of what it gave is not in the time.
  static func median<Value>(
    of times: Int, _ map: () throws -> Value, check: (Value) throws -> Void
  ) throws -> Double {
    try check(map())
    var measured: [Double] = []
    for _ in 0..<times {
      try Seppo.atRoot {}
      let (seconds, value) = try seconds(map)
      try check(value)
      measured.append(seconds)
    }
    return measured.median
  }

  /// The processor time of this process so far, in user and system mode.
  static func processorSeconds() throws -> Double {
    var usage = rusage()
    #if canImport(Darwin)
      let thisProcess = RUSAGE_SELF
    #else
      let thisProcess = RUSAGE_SELF.rawValue
    #endif
    guard getrusage(thisProcess, &usage) == 0 else {
      throw WrongAnswer(description: "getrusage: \(String(cString: strerror(errno)))")
    }
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}

extension [Double] {
  /// The one in the middle; of an even count, the mean of the two there.
  var median: Double {
    precondition(!isEmpty, "the median of nothing")
    let ordered = sorted()
    return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
  }
}
