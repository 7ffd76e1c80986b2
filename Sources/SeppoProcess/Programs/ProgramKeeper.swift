import Synchronization

/// A small process that kills the programs of this rank's items when the rank has ended, for any reason.
///
/// It is a shell that reads from a pipe whose other end only the rank has, as the watchdog is; but it leads a process group of
/// its own: a launcher that ends the rank's group would end it before its work is done.
package enum ProgramKeeper {
  /// Starts it, if it doesn't run yet. Without it, programs run too. A child of the rank in which items are computed has that of
  /// its rank.
  package static func begin() {
    if !RankProcess.isFork { _ = isStarted }
  }

  #if os(Linux)
    /// The rank's end of the pipe; -1 if there is none.
    private static let lifeline = Atomic<Int32>(-1)

    private static let isStarted: Bool = {
      guard let (read, write) = DetachedShell.openPipe() else { return false }
      defer { close(read) }
      let isStarted = DetachedShell.start(
        script, as: ["seppo-keeper", "\(ProgramMark.name)=\(ProgramMark.ofRank)"], files: [read], errors: nil,
        hasOwnGroup: true, shell: "/bin/sh")
      guard isStarted else {
        close(write)
        return false
      }
      lifeline.store(write, ordering: .relaxed)
      // A process that the rank forks would keep the pipe open. (One that calls exec doesn't.)
      pthread_atfork(nil, nil) { ProgramKeeper.closeInFork() }
      return true
    }()

    private static func closeInFork() {
      let end = lifeline.exchange(-1, ordering: .relaxed)
      if end >= 0 { close(end) }
    }

    /// The script's argument is the variable with the mark's begin. Two rounds must find nothing: a program may just have been
    /// starting another one, or the rank one.
    private static let script = """
      keep() {
      cd /
      while read -r word; do :; done <&3
      trap '' TERM
      exec 3<&-
      rounds=0 empty=0
      while [ $empty -lt 2 ] && [ $rounds -lt 100 ]; do
        found=$(grep -lsF -e "$1" /proc/[0-9]*/environ)
        empty=$((empty + 1))
        for file in $found; do
          empty=0
          process=${file#/proc/}
          kill -9 "${process%/environ}"
        done
        rounds=$((rounds + 1))
        sleep 0.05 || sleep 1
      done
      }
      keep "$@" &
      """
  #else
    private static let isStarted = false
  #endif
}
