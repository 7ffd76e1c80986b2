/// The program and its arguments, as `mpirun` leaves them alone.
package enum ProgramWords {
  /// `mpirun` also reads the program's arguments: a ':' starts a second program, and Open MPI 5 rewrites `--bind-to`. A '=' in front
  /// of each word protects it, and a shell removes that again.
  package static func shielded(_ words: [String]) -> [String] {
    guard words.dropFirst().contains(where: { $0.hasPrefix("-") || $0 == ":" }) else { return words }
    let script = #"for word do shift; set -- "$@" "${word#=}"; done; exec "$@""#
    return ["/bin/sh", "-c", script, "sh"] + words.map { "=" + $0 }
  }
}
