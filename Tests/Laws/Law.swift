// What holds mapParallel to map, on any number of ranks. Each law runs on every rank, and throws on any of them where it
// doesn't hold.
//
// A rank is a process under mpirun, and a thread of one process in a test: what a law notes, it notes in values that its body
// makes and f captures, not in global variables.

import Foundation
import SeppoMPI
import Synchronization

package struct Law: Sendable {
  package let name: String
  package let body: @Sendable () throws -> Void
  /// Why it can't be held where ranks are threads of one process.
  package let needsProcess: String?

  /// - Parameter withoutCheck: it is not held with `SEPPO_CHECK=1`, which computes some items twice and refuses an `f` that
  ///   depends on the rank.
  init(
    _ name: String, withoutCheck: Bool = false, needsProcess: String? = nil,
    _ body: @escaping @Sendable () throws -> Void
  ) {
    self.name = name
    self.needsProcess = needsProcess
    if withoutCheck, isChecked { self.body = {} } else { self.body = body }
  }

  /// It takes long, or memory, so that it is held only by those that ask for it.
  package var isAlone: Bool { name.hasPrefix("alone: ") }
}

package let allLaws =
  orderLaws + itemLaws + checkLaws + contextLaws + sizeLaws + depthLaws + spreadLaws + strideLaws + shapeLaws
  + errorLaws + reduceLaws + forEachLaws + compactMapLaws
  + fateLaws + timeoutLaws + rootLaws + propertyLaws + bigLaws

let isChecked = ProcessInfo.processInfo.environment["SEPPO_CHECK"] == "1"

package struct Broken: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// Throws where something that must hold doesn't, on the rank where it doesn't.
func hold(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
  if !condition { throw Broken(description: "\(what()) (line \(line), rank \(Seppo.rank) of \(Seppo.size))") }
}

func holdEqual<T: Equatable>(_ found: T, _ wanted: T, _ what: @autoclosure () -> String = "", line: UInt = #line) throws
{
  try hold(found == wanted, "\(what()) found \("\(found)".prefix(500)), wanted \("\(wanted)".prefix(500))", line: line)
}

/// The name that a rank's host must have.
func hostName(ofRank rank: Int) -> String {
  guard let names = ProcessInfo.processInfo.environment["LAWS_HOSTS"] else { return Seppo.hostName }
  return String(names.split(separator: ",")[rank])
}

/// The error that the body throws.
func errorOf(_ body: () throws -> Void) throws -> SeppoError {
  do {
    try body()
  } catch let error as SeppoError {
    return error
  }
  throw Broken(description: "nothing was thrown on rank \(Seppo.rank)")
}

/// A number that the items of one rank change.
final class Tally: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }

  /// - Returns: what it is then.
  @discardableResult
  func add(_ amount: Int) -> Int { number.add(amount, ordering: .relaxed).newValue }
}
