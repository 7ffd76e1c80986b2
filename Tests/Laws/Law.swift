// The laws: what every verb guarantees on any number of ranks. A law runs on every rank, and throws on each rank where
// it is broken.
//
// Under mpirun a rank is a process; in the unit tests it is a thread. A law therefore keeps its counters in values that
// its body creates and `f` captures, not in global variables.

import Foundation
import SeppoMPI
import Synchronization

package struct Law: Sendable {
  package let name: String
  package let body: @Sendable () throws -> Void
  /// Why the law cannot be tested on ranks that are threads of one process; nil if it can.
  package let needsProcess: String?

  /// - Parameter withoutCheck: Whether the law is skipped with `SEPPO_CHECK=1`, which computes some items twice and
  ///   rejects an `f` that depends on the rank.
  init(
    _ name: String, withoutCheck: Bool = false, needsProcess: String? = nil,
    _ body: @escaping @Sendable () throws -> Void
  ) {
    self.name = name
    self.needsProcess = needsProcess
    if withoutCheck, isChecked { self.body = {} } else { self.body = body }
  }

  /// Whether the law needs so much time or memory that it runs only if it is selected by name.
  package var runsOnRequestOnly: Bool { name.hasPrefix("alone: ") }
}

package let allLaws =
  orderLaws + itemLaws + checkLaws + contextLaws + sizeLaws + depthLaws + spreadLaws + strideLaws + shapeLaws
  + errorLaws + reduceLaws + mapReduceLaws + forEachLaws + compactMapLaws + flatMapLaws + filterLaws + countLaws
  + stateLaws + randomLaws + tupleLaws + minMaxLaws + firstLaws + containsLaws
  + mapResultsLaws + timeoutLaws + isolationLaws + commandLaws + rootLaws + streamLaws + lazyLaws + poolLaws
  + propertyLaws
  + bigLaws

/// Whether generated options may have `isolation: .process`. The thread sanitizer doesn't allow threads in forked processes.
let mayFork = ProcessInfo.processInfo.environment["LAWS_FORK"] != "no"

let isChecked = ProcessInfo.processInfo.environment["SEPPO_CHECK"] == "1"

package struct LawError: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// Throws an error with line and rank if the condition is false.
func require(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
  if !condition { throw LawError(description: "\(what()) (line \(line), rank \(Seppo.rank) of \(Seppo.size))") }
}

func requireEqual<T: Equatable>(_ found: T, _ wanted: T, _ what: @autoclosure () -> String = "", line: UInt = #line)
  throws
{
  try require(
    found == wanted, "\(what()) found \("\(found)".prefix(500)), expected \("\(wanted)".prefix(500))", line: line)
}

/// Returns the name that a rank's host must have: the one in `LAWS_HOSTS`, otherwise this host's.
func hostName(ofRank rank: Int) -> String {
  guard let names = ProcessInfo.processInfo.environment["LAWS_HOSTS"] else { return Seppo.hostName }
  return String(names.split(separator: ",")[rank])
}

/// Returns the error that the body throws.
///
/// - Throws: `LawError` if the body throws nothing.
func errorOf(_ body: () throws -> Void) throws -> SeppoError {
  do {
    try body()
  } catch let error as SeppoError {
    return error
  }
  throw LawError(description: "nothing was thrown on rank \(Seppo.rank)")
}

/// A number that the items of one rank change concurrently.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }

  /// - Returns: The new value.
  @discardableResult
  func add(_ amount: Int) -> Int { number.add(amount, ordering: .relaxed).newValue }
}
