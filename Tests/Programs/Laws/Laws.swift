// Holds mapParallel to map, on however many ranks it is started with. Each law runs on every rank; a check that fails on
// any of them ends the job with status 1 and says which.
//
//   mpirun -n 3 Laws [PART]        those with PART in their name
//   mpirun -n 3 Laws --behind NAME  those that come after that one
//
// Where the ranks are on several hosts, LAWS_HOSTS says which is on which: LAWS_HOSTS=a,a,b.

import Foundation
import SeppoMPI

struct Law: Sendable {
  let name: String
  let body: @Sendable () throws -> Void

  /// - Parameter withoutCheck: it is not held with `SEPPO_CHECK=1`, which computes some items twice and refuses an `f` that
  ///   depends on the rank.
  init(_ name: String, withoutCheck: Bool = false, _ body: @escaping @Sendable () throws -> Void) {
    self.name = name
    if withoutCheck, isChecked { self.body = {} } else { self.body = body }
  }
}

let isChecked = ProcessInfo.processInfo.environment["SEPPO_CHECK"] == "1"

struct Broken: Error, CustomStringConvertible {
  let description: String
}

/// Throws where something that must hold doesn't, on the rank where it doesn't.
func hold(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) throws {
  if !condition { throw Broken(description: "\(what()) (line \(line), rank \(Seppo.rank) of \(Seppo.size))") }
}

func holdEqual<T: Equatable>(_ found: T, _ wanted: T, _ what: @autoclosure () -> String = "", line: UInt = #line) throws
{
  try hold(found == wanted, "\(what()) found \(found), wanted \(wanted)", line: line)
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

@main
struct Laws {
  static func main() {
    Seppo.run {
      let arguments = CommandLine.arguments.dropFirst()
      let first = arguments.first == "--behind" ? arguments.last : nil
      let wanted = first == nil ? arguments.first ?? "" : ""
      let all =
        orderLaws + itemLaws + checkLaws + contextLaws + sizeLaws + depthLaws + spreadLaws + strideLaws + shapeLaws
        + errorLaws + fateLaws + timeoutLaws + rootLaws + propertyLaws + bigLaws
      let laws = first.map { name in all.drop { $0.name != name }.dropFirst() } ?? all[...]
      var kept = 0
      for law in laws
      where (wanted.isEmpty || law.name.contains(wanted)) && (!wanted.isEmpty || !law.name.hasPrefix("alone: ")) {
        do {
          try law.body()
        } catch {
          throw Broken(description: "law '\(law.name)': \(error)")
        }
        kept += 1
      }
      guard kept > 0 else { throw Broken(description: "no law has '\(wanted)' in its name") }
      try Seppo.atRoot { print("\(kept) laws held on \(Seppo.size) ranks") }
    }
  }
}
