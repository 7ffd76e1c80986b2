// Tests the laws on the ranks that mpirun has started. The first broken law ends the job with status 1 and a message
// that names it.
//
//   mpirun -n 3 Laws                all laws except those that run on request only
//   mpirun -n 3 Laws PART           the laws with PART in their names
//   mpirun -n 3 Laws --behind NAME  the laws after the one with this name
//
// For ranks on several hosts, LAWS_HOSTS lists the host name of each rank: LAWS_HOSTS=a,a,b.

import SeppoLaws
import SeppoMPI

@main
struct Laws {
  static func main() {
    Seppo.run {
      let arguments = CommandLine.arguments.dropFirst()
      let first = arguments.first == "--behind" ? arguments.last : nil
      let part = first == nil ? arguments.first ?? "" : ""
      let laws = first.map { name in allLaws.drop { $0.name != name }.dropFirst() } ?? allLaws[...]
      var count = 0
      for law in laws where law.name.contains(part) || part.isEmpty {
        if part.isEmpty, law.runsOnRequestOnly { continue }
        do {
          try law.body()
        } catch {
          throw LawError(description: "law '\(law.name)': \(error)")
        }
        count += 1
      }
      guard count > 0 else { throw LawError(description: "no law has '\(part)' in its name") }
      try Seppo.atRoot { print("\(count) laws held on \(Seppo.size) ranks") }
    }
  }
}
