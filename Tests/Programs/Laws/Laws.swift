// Holds mapParallel to map, on however many ranks it is started with. A law that doesn't hold on any of them ends the job with
// status 1, and is named.
//
//   mpirun -n 3 Laws [PART]        those with PART in their name
//   mpirun -n 3 Laws --behind NAME  those that come after that one
//
// Where the ranks are on several hosts, LAWS_HOSTS says which is on which: LAWS_HOSTS=a,a,b.

import SeppoLaws
import SeppoMPI

@main
struct Laws {
  static func main() {
    Seppo.run {
      let arguments = CommandLine.arguments.dropFirst()
      let first = arguments.first == "--behind" ? arguments.last : nil
      let wanted = first == nil ? arguments.first ?? "" : ""
      let laws = first.map { name in allLaws.drop { $0.name != name }.dropFirst() } ?? allLaws[...]
      var kept = 0
      for law in laws where law.name.contains(wanted) || wanted.isEmpty {
        if wanted.isEmpty, law.isAlone { continue }
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
