internal import CFork
import Synchronization
import SeppoSystem

/// Child processes with their guardian, which dies with them.
///
/// `@unchecked Sendable` because the mutex guards what changes, and the memory is used as described at `ChildSlot`.
final class GuardedChildren: @unchecked Sendable {
  private struct State {
    /// Whether the guardian runs, and has not been waited for.
    var hasGuardian = true
    var areAbandoned = false
  }

  let slots: [ChildSlot]
  private let memory: UnsafeMutableRawBufferPointer
  /// This process keeps the read end too: without a reader, a signal would end it.
  private let commands: (read: Int32, write: Int32)
  private let guardian: pid_t
  private let state = Mutex(State())

  /// Forks the guardian.
  init(count: Int, _ body: @escaping @Sendable (ChildSlot) -> Never) throws(ForkError) {
    let size = (ChildSlot.size + 63) & ~63
    let memory = mmap(nil, count * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw ForkError(errno) }
    self.memory = UnsafeMutableRawBufferPointer(start: memory, count: count * size)
    slots = (0..<count).map { ChildSlot(memory + $0 * size) }
    do throws(ForkError) {
      (guardian, commands) = try GuardedChildren.fork(slots, body)
    } catch {
      munmap(memory, count * size)
      throw error
    }
  }

  deinit {
    end()
    close(commands.write)
    close(commands.read)
    munmap(memory.baseAddress!, memory.count)
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
      var guardian = Guardian(slots: slots, commands: ends.read) { slot in runChild { body(slot) } }
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

  /// Runs the body in a new child process.
  private static func runChild(_ body: @escaping @Sendable () -> Never) -> Never {
    var all = sigset_t()
    sigfillset(&all)
    let items: @Sendable () -> Never = {
      endProcessWithThread()
      var none = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, nil)
      body()
    }
    // A signal that an item sends to its process must reach the item at once, and not the next one.
    pthread_sigmask(SIG_SETMASK, &all, nil)
    // An item may need more stack than this thread has.
    do throws(ThreadCreationError) { try ComputeThread.startInContext { items() } } catch { items() }
    while true { pause() }
  }

  /// Has the process end with the calling thread, which an item may end.
  private static func endProcessWithThread() {
    var key = pthread_key_t()
    pthread_key_create(&key) { _ in _exit(70) }
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
  }

  func send(_ action: Guardian.Command.Action, _ number: Int) {
    var command = Guardian.Command(action, number)
    // A pipe takes so few bytes in one piece.
    while withUnsafeBytes(of: &command, { writeBytes($0, to: commands.write) }) < 0, errno == EINTR {}
  }

  /// Kills all children and what they have started, and waits until they are gone. No thread may use one.
  func end() {
    state.withLock { state in
      guard state.hasGuardian else { return }
      send(.end, 0)
      takeEnd(&state)
    }
  }

  /// Kills the guardian, and so the children.
  func abandon() {
    state.withLock { state in
      guard state.hasGuardian else { return }
      state.areAbandoned = true
      _ = signalProcess(guardian, SIGKILL)
      takeEnd(&state)
    }
  }

  private func takeEnd(_ state: inout State) {
    _ = signalProcess(guardian, SIGCONT)
    while waitpid(guardian, nil, 0) < 0, errno == EINTR {}
    state.hasGuardian = false
  }

  /// When the last child was ready, in nanoseconds of the monotonic clock; 0 if none was. The guardian forks one after the other.
  var lastReadyTime: Int { slots.map(\.readyTime).max() ?? 0 }

  var areAbandoned: Bool { state.withLock { $0.areAbandoned } }

  var haveGuardian: Bool {
    state.withLock { state in
      var status: Int32 = 0
      guard state.hasGuardian, case let found = waitpid(guardian, &status, WNOHANG | WUNTRACED), found != 0 else {
        return state.hasGuardian
      }
      let isStopped = found > 0 && status & 0xFF == 0x7F
      // An item may have stopped it.
      if isStopped { _ = signalProcess(guardian, SIGCONT) }
      state.hasGuardian = isStopped || found < 0 && errno == EINTR
      return state.hasGuardian
    }
  }
}
