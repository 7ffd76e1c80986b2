import Foundation
import SeppoMPI

/// The figure that a row's program measured: a line of JSON on standard output, which the runner reads.
struct Figure: Encodable {
  let row: String
  let value: Double

  /// Prints the line in one write, as several ranks may print at the same time.
  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    FileHandle.standardOutput.write(try encoder.encode(self) + Data("\n".utf8))
  }
}

/// A result that differs from that of `map`: the sample doesn't count.
struct WrongAnswer: Error, CustomStringConvertible {
  let description: String

  /// Throws unless the answer is correct.
  static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw WrongAnswer(description: "wrong answer: \(what())") }
  }
}

/// Measures time.
enum Stopwatch {
  /// Returns the value of the body, and its time in seconds.
  static func seconds<Value>(_ body: () throws -> Value) rethrows -> (seconds: Double, value: Value) {
    let start = ContinuousClock.now
    let value = try body()
    return ((ContinuousClock.now - start) / .seconds(1), value)
  }

  /// Runs a map once to warm up and then `times` more, and returns the median time in seconds, by each rank's own clock.
  ///
  /// The ranks start each map together. The time does not include the check of the results.
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

  /// Returns the processor time of this process so far, in user and system mode, in seconds.
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
  /// The median; for an even count, the mean of the two middle values.
  var median: Double {
    precondition(!isEmpty, "no values to take the median of")
    let ordered = sorted()
    return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
  }
}
