internal import CFork
import SeppoSystem

#if os(Linux)
  /// A shell script that runs beside this process and is not its child, so that code that waits for child processes doesn't find it.
  enum DetachedShell {
    /// The lowest descriptor to use for what the script gets. The script uses those below.
    static let firstFree: Int32 = 10

    /// Opens a pipe that other programs don't inherit.
    static func openPipe() -> (read: Int32, write: Int32)? {
      guard let ends = makePipe() else { return nil }
      let read = fcntl(ends.read, F_DUPFD_CLOEXEC, firstFree)
      let write = fcntl(ends.write, F_DUPFD_CLOEXEC, firstFree)
      close(ends.read)
      close(ends.write)
      if read >= 0, write >= 0 { return (read, write) }
      close(read)
      close(write)
      return nil
    }

    /// Starts a shell that starts the script in the background and ends at once.
    ///
    /// - Parameters:
    ///   - script: it must start its work with `&`.
    ///   - name: the shell's name for itself, and the script's arguments.
    ///   - files: the descriptors that the script has as 3, 4 and so on.
    ///   - errors: the descriptor to which it writes errors; nil for none.
    ///   - hasOwnGroup: whether it leads a process group, which signals to this process's group don't reach.
    /// - Returns: false if that isn't possible.
    static func start(
      _ script: String, as name: [String], files: [Int32], errors: Int32?, hasOwnGroup: Bool = false, shell: String
    ) -> Bool {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      switch errors {
      case 2: break
      case let errors?: posix_spawn_file_actions_adddup2(&actions, errors, 2)
      case nil: posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
      }
      for (number, file) in files.enumerated() { posix_spawn_file_actions_adddup2(&actions, file, 3 + Int32(number)) }
      // The script must not keep the program's files open.
      posix_spawn_file_actions_addclosefrom_np(&actions, 3 + Int32(files.count))
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var blocked = sigset_t()
      sigemptyset(&blocked)
      for signal in blockedSignals { sigaddset(&blocked, signal) }
      posix_spawnattr_setsigmask(&attributes, &blocked)
      var usual = sigset_t()
      sigemptyset(&usual)
      for signal in [SIGTERM, SIGCHLD, SIGPIPE] { sigaddset(&usual, signal) }
      posix_spawnattr_setsigdefault(&attributes, &usual)
      let group = hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
      let folders = getenv("PATH").map { ":" + String(cString: $0) } ?? ""
      var process = pid_t()
      // Pass a separate environment, without LD_PRELOAD and the like, which are meant for the program. The script is in a
      // variable so that it doesn't appear in process lists.
      let variables = ["PATH=/usr/bin:/bin\(folders)", "LC_ALL=C", "SEPPO_SENTINEL=\(script)"]
      let status = withCStrings(["sh", "-c", "eval \"$SEPPO_SENTINEL\""] + name) { arguments in
        withCStrings(variables) { environment in
          posix_spawn(&process, shell, &actions, &attributes, arguments, environment)
        }
      }
      guard status == 0 else { return false }
      while waitpid(process, nil, 0) < 0, errno == EINTR {}
      return true
    }

    /// Signals that the process group may get and that don't end the rank.
    private static let blockedSignals = [
      SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ,
      SIGTSTP, SIGTTIN, SIGTTOU,
    ]
  }
#endif
