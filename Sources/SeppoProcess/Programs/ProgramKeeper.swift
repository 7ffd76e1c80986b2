import Synchronization

/// A small process that kills the programs of this process's items when this process has ended, for any reason.
///
/// It is a shell that reads from a pipe whose other end only the rank has, as the watchdog is; but it leads a process group of
/// its own: a launcher that ends the rank's group would end it before its work is done.
enum ProgramKeeper {
  /// The process that has started one.
  private static let owner = Atomic<pid_t>(0)

  /// Starts it, if this process has none yet. Without it, programs run too.
  static func begin() {
    let process = getpid()
    if owner.exchange(process, ordering: .relaxed) != process { start() }
  }

  #if os(Linux)
    /// The rank's end of the pipe; -1 if there is none.
    private static let lifeline = Atomic<Int32>(-1)

    private static func start() {
      guard let (read, write) = DetachedShell.openPipe() else { return }
      defer { close(read) }
      let isStarted = DetachedShell.start(
        script, as: ["seppo-keeper", "\(ProgramMark.name)=\(ProgramMark.ofProcess)"], files: [read], errors: nil,
        hasOwnGroup: true, shell: "/bin/sh")
      guard isStarted else {
        close(write)
        return
      }
      lifeline.store(write, ordering: .relaxed)
      _ = closesInForks
    }

    /// A process that the rank forks would keep the pipe open. (One that calls exec doesn't.)
    private static let closesInForks: Void = { _ = pthread_atfork(nil, nil) { ProgramKeeper.closeInFork() } }()

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
    private static func start() {}
  #endif
}
