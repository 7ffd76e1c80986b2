#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// An `mpirun` that waits for an unreachable host.
package enum HungLauncher {
  /// Kills `mpirun` if it still runs after a delay. Call it before `MPI_Abort` if a host may be unreachable.
  ///
  /// `mpirun` (4.1 and 5.0) ends all ranks that it can reach, then waits for the daemon on the unreachable host until
  /// TCP times out, about 15 minutes. Signals other than SIGKILL don't help: 4.1 crashes at the second one, 5.0 keeps
  /// waiting.
  ///
  /// - Parameter seconds: the delay.
  /// - Returns: false if this process does not run on `mpirun`'s host, so that nothing can be done.
  package static func end(after seconds: Int) -> Bool {
    guard let launcher = launcher() else { return false }
    // In a process group of its own: mpirun ends all processes of this one's group.
    let script = """
      exec </dev/null >/dev/null 2>&1
      tenths=0
      while [ $tenths -lt \(seconds * 10) ]; do
        kill -0 \(launcher) || exit
        sleep 0.1
        tenths=$((tenths + 1))
      done
      kill -KILL \(launcher)
      """
    var attributes = posix_spawnattr_t()
    guard posix_spawnattr_init(&attributes) == 0 else { return false }
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words: [String] = ["sh", "-c", script]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    return posix_spawn(&process, "/bin/sh", nil, &attributes, arguments, environ) == 0
  }

  /// The nearest ancestor process that is an `mpirun`. A user's script may be in between.
  static func launcher() -> pid_t? {
    #if os(Linux)
      var process = getppid()
      while process > 1, let (name, parent) = parentage(of: process) {
        // Open MPI 5's mpirun executes prterun.
        if ["mpirun", "mpiexec", "orterun", "prterun"].contains(name) { return process }
        process = parent
      }
    #endif
    return nil
  }

  #if os(Linux)
    private static func parentage(of process: pid_t) -> (name: String, parent: pid_t)? {
      guard let file = fopen("/proc/\(process)/stat", "r") else { return nil }
      defer { fclose(file) }
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { line in
        guard let start = line.baseAddress, fgets(start, 512, file) != nil else { return nil }
        // 4711 (mpirun) S 4710 …; a name may contain parentheses.
        let text = String(cString: start)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: close)...].split(separator: " ")
        guard words.count > 1, let parent = pid_t(words[1]) else { return nil }
        return (String(text[text.index(after: open)..<close]), parent)
      }
    }
  #endif
}
