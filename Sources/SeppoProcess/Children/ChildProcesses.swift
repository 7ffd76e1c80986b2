internal import CFork
import Synchronization

/// The system refuses to create a process.
package struct ForkError: Error {
  package let reason: String

  /// - Parameter error: the system's error number.
  package init(_ error: Int32) {
    reason =
      error == ENOMEM
      ? "\(refusalText(error)): the system doesn't grant the memory for a copy of this rank's process (vm.overcommit_memory)"
      : refusalText(error)
  }

  init(reason: String) { self.reason = reason }
}

/// Child processes in which items are computed, one for each compute thread. They have everything that this process has when
/// they are created.
///
/// `@unchecked Sendable` because the mutex guards what changes.
package final class ChildProcesses: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer
  private let slots: [ChildSlot]
  /// This process keeps the read end too: without a reader, a signal would end it.
  private let commands: (read: Int32, write: Int32)
  private let guardian: pid_t
  /// Whether the guardian runs, and has not been waited for.
  private let guardianRuns = Mutex(true)
  private let free: Mutex<[Int]>

  /// Forks the guardian of the children. They are started when they are first needed. The calling thread must live until `end`.
  ///
  /// - Parameter body: what a child does, on a thread with a large stack, in the context of the caller.
  package init(count: Int, _ body: @escaping @Sendable (ChildSlot) -> Never) throws(ForkError) {
    let size = (ChildSlot.size + 63) & ~63
    let memory = mmap(nil, count * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw ForkError(errno) }
    self.memory = UnsafeMutableRawBufferPointer(start: memory, count: count * size)
    slots = (0..<count).map { ChildSlot(memory + $0 * size) }
    free = Mutex(Array((0..<count).reversed()))
    do throws(ForkError) {
      (guardian, commands) = try ChildProcesses.fork(slots, body)
    } catch {
      munmap(memory, count * size)
      throw error
    }
  }

  private static func fork(
    _ slots: [ChildSlot], _ body: @escaping @Sendable (ChildSlot) -> Never
  ) throws(ForkError) -> (guardian: pid_t, commands: (read: Int32, write: Int32)) {
    guard let ends = makePipe() else { throw ForkError(errno) }
    // Otherwise the children would write it too.
    Console.flushOutput()
    let process = seppo_fork()
    if process == 0 {
      close(ends.write)
      var guardian = Guardian(slots: slots, commands: ends.read) { slot in
        // An item may need more stack than this thread has.
        do throws(ThreadCreationError) { try ComputeThread.startInContext { body(slot) } } catch { body(slot) }
        while true { pause() }
      }
      guardian.run()
    }
    guard process > 0 else {
      let error = errno
      close(ends.read)
      close(ends.write)
      throw ForkError(error)
    }
    return (process, ends)
  }

  /// Kills all children and what they have started, and waits until they are gone. No thread may use one.
  package func end() {
    send(.end, 0)
    close(commands.write)
    close(commands.read)
    guardianRuns.withLock { runs in
      if runs {
        _ = signalProcess(guardian, SIGCONT)
        while waitpid(guardian, nil, 0) < 0, errno == EINTR {}
      }
      runs = false
    }
    munmap(memory.baseAddress!, memory.count)
  }

  /// Lends a child to the calling thread. There must not be more such threads than children.
  package func withChild<Value>(_ body: (ChildProcess) throws -> Value) rethrows -> Value {
    let number = free.withLock { $0.removeLast() }
    defer { free.withLock { $0.append(number) } }
    return try body(ChildProcess(slot: slots[number], number: number, processes: self))
  }

  fileprivate func send(_ action: Guardian.Command.Action, _ number: Int) {
    var command = Guardian.Command(action, number)
    // A pipe takes so few bytes in one piece.
    while withUnsafeBytes(of: &command, { writeBytes($0, to: commands.write) }) < 0, errno == EINTR {}
  }

  fileprivate var hasGuardian: Bool {
    guardianRuns.withLock { runs in
      var status: Int32 = 0
      guard runs, case let found = waitpid(guardian, &status, WNOHANG | WUNTRACED), found != 0 else { return runs }
      let isStopped = found > 0 && status & 0xFF == 0x7F
      // An item may have stopped it.
      if isStopped { _ = signalProcess(guardian, SIGCONT) }
      runs = isStopped || found < 0 && errno == EINTR
      return runs
    }
  }
}

/// A child process, as the thread sees it that uses it.
package struct ChildProcess {
  /// How a child ended.
  package struct End: Sendable {
    /// The signal that ended it; nil if it exited.
    package let signal: Int32?
    /// The status with which it exited; nil if a signal ended it.
    package let status: Int32?
    /// The last line that it wrote on standard error; empty if there is none.
    package let lastLine: String

    init(_ status: Int32, lastLine: String) {
      let signal = status & 0x7F
      self.signal = signal == 0 ? nil : signal
      self.status = signal == 0 ? (status >> 8) & 0xFF : nil
      self.lastLine = lastLine
    }
  }

  package let slot: ChildSlot
  fileprivate let number: Int
  fileprivate let processes: ChildProcesses

  /// Starts the process, unless it runs. One that has died while it had no request is replaced.
  ///
  /// - Throws: if the system refuses it.
  package func start() throws(ForkError) {
    if slot.state == .dead { slot.reset() }
    guard slot.state == .none else { return }
    if !processes.hasGuardian {
      throw ForkError(reason: "the process that starts the processes of items was killed")
    }
    slot.state = .running
    processes.send(.start, number)
  }

  /// Whether the process has ended, or couldn't be started.
  package var hasEnded: Bool { slot.state != .running || !processes.hasGuardian }

  /// Kills the process and everything that it has started. `hasEnded` tells when it is dead.
  package func kill() { processes.send(.kill, number) }

  /// Kills the process, and waits until it is dead.
  package func remove() {
    guard slot.state == .running else { return slot.reset() }
    kill()
    while !hasEnded { slot.responses.wait(nanoseconds: SharedPipe.longestWait) }
    slot.reset()
  }

  /// Returns how the process ended, and prepares for another one. `hasEnded` must be true.
  ///
  /// - Throws: if the system had refused to start it.
  package func takeEnd() throws(ForkError) -> End {
    defer { slot.reset() }
    switch slot.state {
    case .refused: throw ForkError(slot.status)
    case .dead: return End(slot.status, lastLine: slot.lastLine)
    // It died with its guardian.
    case .running, .none: return End(SIGKILL, lastLine: "")
    }
  }
}
