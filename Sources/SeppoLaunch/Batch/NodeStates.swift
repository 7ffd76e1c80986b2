/// The states of Slurm's nodes, as `sinfo --noheader --Node --format='%N %T'` prints them.
package enum NodeStates {
  /// Returns the nodes that Slurm has given up, or that do not answer it (a '*'). A draining node continues with its jobs; a
  /// drained one has none.
  ///
  /// - Parameter own: the name of this machine, which is not lost.
  package static func lost(in text: String, own: OwnName) -> [String] {
    var lost: [String] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, !own.includes(String(words[0])) else { continue }
      let isGone = ["down", "drained", "fail"].contains(words[1]) || words[1].hasSuffix("*")
      if isGone, !lost.contains(String(words[0])) { lost.append(String(words[0])) }
    }
    return lost
  }
}
