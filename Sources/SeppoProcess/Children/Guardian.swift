internal import CFork
import SeppoSystem

/// The process between a rank and its children: it forks them, kills them with all their descendants, passes on what they
/// write on standard error, and reports how they ended.
///
/// It is forked when a call begins, and has a single thread, so that its children can be forked safely at any time, although the
/// rank has several threads. It outlives the rank for a moment, and then kills all that the rank's items have started.
struct Guardian {
  /// What the rank asks for.
  struct Command: BitwiseCopyable {
    enum Action: Int32 {
      case start, kill, end
    }

    let action: Int32
    let slot: Int32

    init(_ action: Action, _ slot: Int) {
      self.action = action.rawValue
      self.slot = Int32(slot)
    }
  }

  private struct Child {
    var id: pid_t
    /// The read end of its standard error; -1 when all writers have closed it.
    var errors: Int32
    var lastLine = LastLine()
  }

  private let slots: [ChildSlot]
  private let commands: Int32
  private let body: (ChildSlot) -> Never
  private let id = getpid()
  private let rank = getppid()
  private var children: [Child?]
  private var events: Int32 = -1

  /// - Parameters:
  ///   - commands: the read end of the rank's pipe.
  ///   - body: what a child does.
  init(slots: [ChildSlot], commands: Int32, body: @escaping (ChildSlot) -> Never) {
    self.slots = slots
    self.commands = commands
    self.body = body
    children = Array(repeating: nil, count: slots.count)
  }

  /// Serves the rank until it needs no more children or dies.
  mutating func run() -> Never {
    setpgid(0, 0)
    events = Guardian.catchSignals()
    _ = seppo_signal_with_parent(SIGTERM)
    _ = seppo_adopt_orphans()
    while true {
      var watched = [pollfd(fd: commands, events: Int16(POLLIN), revents: 0)]
      watched.append(pollfd(fd: events, events: Int16(POLLIN), revents: 0))
      let writing = slots.indices.filter { (children[$0]?.errors ?? -1) >= 0 }
      for slot in writing { watched.append(pollfd(fd: children[slot]!.errors, events: Int16(POLLIN), revents: 0)) }
      if poll(&watched, nfds_t(watched.count), -1) < 0 { continue }
      for (slot, file) in zip(writing, watched.dropFirst(2)) where file.revents != 0 { passOn(slot) }
      if watched[1].revents != 0, takeSignals() { end() }
      if watched[0].revents != 0, !takeCommand() { end() }
    }
  }

  /// - Returns: false if the rank needs no more children. If it is dead, the pipe ends; but other processes that it had forked may
  ///   have it, too.
  private mutating func takeCommand() -> Bool {
    var command = Command(.start, 0)
    let size = MemoryLayout<Command>.size
    let count = withUnsafeMutableBytes(of: &command) { readBytes(from: commands, into: $0) }
    if count < 0 { return errno == EINTR || errno == EAGAIN }
    guard count == size else { return false }
    let slot = Int(command.slot)
    switch Command.Action(rawValue: command.action) {
    case .start: start(slot)
    case .kill: kill(slot)
    case .end, nil: return false
    }
    return true
  }

  // MARK: Children

  private mutating func start(_ number: Int) {
    let slot = slots[number]
    guard let errors = makePipe() else { return refuse(slot) }
    let child = seppo_fork()
    if child == 0 { becomeChild(slot, errors: errors) }
    let error = errno
    close(errors.write)
    guard child > 0 else {
      close(errors.read)
      errno = error
      return refuse(slot)
    }
    // In the child too, so that it is done before either goes on.
    setpgid(child, child)
    _ = fcntl(errors.read, F_SETFL, O_NONBLOCK)
    children[number] = Child(id: child, errors: errors.read)
  }

  private func refuse(_ slot: ChildSlot) {
    slot.status = errno
    slot.state = .refused
    slot.responses.flush()
  }

  private func becomeChild(_ slot: ChildSlot, errors: (read: Int32, write: Int32)) -> Never {
    setpgid(0, 0)
    Guardian.resetSignals()
    _ = seppo_signal_with_parent(SIGKILL)
    if getppid() != id { _exit(70) }
    _ = seppo_adopt_orphans()
    close(commands)
    close(events)
    close(Guardian.wakeEnd)
    for case let child? in children where child.errors >= 0 { close(child.errors) }
    close(errors.read)
    dup2(errors.write, 2)
    if errors.write == 2 { _ = fcntl(2, F_SETFD, 0) } else { close(errors.write) }
    RankProcess.beginChild()
    // The rank's handlers would end MPI. Handlers run in reverse order, so this one comes first.
    #if os(Linux)
      on_exit({ status, _ in leave(status) }, nil)
    #else
      atexit { leave(0) }
    #endif
    body(slot)
  }

  private func kill(_ number: Int) {
    if let child = children[number] { killGroup(child.id) }
  }

  private func killGroup(_ child: pid_t) {
    _ = signalProcess(-child, SIGKILL)
    _ = signalProcess(child, SIGKILL)
  }

  /// - Returns: whether the rank has died.
  private mutating func takeSignals() -> Bool {
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = withUnsafeMutableBytes(of: &bytes) { readBytes(from: events, into: $0) }
    takeDead()
    // The kernel also sends it when the thread ends that has forked this process.
    return Guardian.hasLostRank && getppid() != rank
  }

  /// Takes note of all children that have died.
  private mutating func takeDead() {
    while true {
      var status: Int32 = 0
      let id = waitpid(-1, &status, WNOHANG)
      if id <= 0 { return }
      // Others are orphans.
      guard let number = children.firstIndex(where: { $0?.id == id }) else { continue }
      // The rest of its group, which keeps the number from being another process's.
      _ = signalProcess(-id, SIGKILL)
      children[number]?.id = -1
      killOrphans()
      passOn(number)
      let slot = slots[number]
      slot.status = status
      slot.lastLine = children[number]?.lastLine.text ?? ""
      if let errors = children[number]?.errors, errors >= 0 { close(errors) }
      children[number] = nil
      slot.state = .dead
      slot.responses.flush()
    }
  }

  /// Kills the descendants of children that have died: they are this process's own children now.
  private func killOrphans() {
    #if os(Linux)
      // Each round, the children of those that were killed become this process's.
      for _ in 0..<1_000 {
        let orphans = SystemFile.children(of: id).filter { orphan in !children.contains { $0?.id == orphan } }
        if orphans.isEmpty { return }
        for orphan in orphans {
          _ = signalProcess(orphan, SIGKILL)
          // One that is in the kernel for long is waited for later.
          for _ in 0..<50 where waitpid(orphan, nil, WNOHANG) == 0 { sleep(nanoseconds: 100_000) }
        }
      }
    #endif
  }

  private mutating func end() -> Never {
    for case let child? in children { killGroup(child.id) }
    for case let child? in children { waitpid(child.id, nil, 0) }
    let numbers = children.indices.filter { children[$0] != nil }
    for number in numbers { children[number]?.id = -1 }
    killOrphans()
    for number in numbers { passOn(number) }
    _exit(0)
  }

  // MARK: Standard error

  /// Passes on what the child has written on standard error.
  private mutating func passOn(_ number: Int) {
    guard let errors = children[number]?.errors, errors >= 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
      while true {
        let count = readBytes(from: errors, into: buffer)
        if count < 0, errno == EINTR { continue }
        if count == 0 {
          close(errors)
          children[number]?.errors = -1
        }
        if count <= 0 { return }
        let text = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        children[number]?.lastLine.append(text)
        Console.write(text)
        // Others may be waiting.
        if count < buffer.count { return }
      }
    }
  }

  // MARK: Signals

  /// Safe because this process has one thread, and its children have theirs after it was set.
  nonisolated(unsafe) private static var wakeEnd: Int32 = -1
  nonisolated(unsafe) private static var hasLostRank = false

  /// Has signals write to a pipe.
  ///
  /// - Returns: the pipe's read end.
  private static func catchSignals() -> Int32 {
    resetSignals()
    // Without it, nothing works; the rank sees that this process ends.
    guard let ends = makePipe() else { _exit(71) }
    for end in [ends.read, ends.write] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    wakeEnd = ends.write
    signal(SIGCHLD) { _ in Guardian.wake() }
    signal(SIGTERM) { _ in
      Guardian.hasLostRank = true
      Guardian.wake()
    }
    // From the terminal, or to all processes of a user: the rank decides.
    for number in [SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGTSTP] { signal(number, SIG_IGN) }
    return ends.read
  }

  private static func wake() {
    let error = errno
    withUnsafeBytes(of: UInt8(1)) { _ = writeBytes($0, to: wakeEnd) }
    errno = error
  }

  /// Gives every signal its default action, and blocks none: the rank's handlers, and MPI's, are not for this process.
  private static func resetSignals() {
    for number in 1..<65 as Range<Int32> where number != SIGKILL && number != SIGSTOP {
      var action = sigaction()
      if sigaction(number, nil, &action) == 0, !action.isDefault { signal(number, SIG_DFL) }
    }
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
  }
}

/// Ends a child in which an item has called `exit`.
private func leave(_ status: Int32) -> Never {
  Console.flushOutput()
  _exit(status)
}
