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
package final class ChildProcesses: Sendable {
  private let count: Int
  private let body: @Sendable (ChildSlot) -> Never
  private let current: Mutex<GuardedChildren>
  /// How often children were abandoned.
  private let abandonments = Atomic<Int>(0)
  private static var mostAbandonments: Int { 3 }
  private let free: Mutex<[Int]>

  /// Forks the guardian of the children. They are started when they are first needed.
  ///
  /// - Parameter body: what a child does, on a thread with a large stack, in the context of the caller.
  package init(count: Int, _ body: @escaping @Sendable (ChildSlot) -> Never) throws(ForkError) {
    self.count = count
    self.body = body
    // The programs of items, if the guardian is killed. It must be there before the rank is forked.
    ProgramKeeper.begin()
    current = Mutex(try GuardedChildren(count: count, body))
    free = Mutex(Array((0..<count).reversed()))
  }

  /// Kills all children and what they have started, and waits until they are gone. No thread may use one.
  package func end() { current.withLock { $0.end() } }

  /// Lends a child to the calling thread. There must not be more such threads than children.
  package func withChild<Value>(_ body: (ChildProcess) throws -> Value) rethrows -> Value {
    let number = free.withLock { $0.removeLast() }
    defer { free.withLock { $0.append(number) } }
    return try body(ChildProcess(number: number, processes: self, children: current.withLock { $0 }))
  }

  /// Returns children whose guardian runs, in the place of some that have lost theirs.
  fileprivate func replacement(of lost: GuardedChildren) throws(ForkError) -> GuardedChildren {
    // The closure of `withLock` can't throw a typed error in all versions of Swift.
    let result = current.withLock { current -> Result<GuardedChildren, ForkError> in
      if current !== lost { return .success(current) }
      if lost.areAbandoned, abandonments.add(1, ordering: .relaxed).newValue > ChildProcesses.mostAbandonments {
        return .failure(ForkError(reason: "the forked processes don't start"))
      }
      do throws(ForkError) { current = try GuardedChildren(count: count, body) } catch { return .failure(error) }
      return .success(current)
    }
    return try result.get()
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

  fileprivate let number: Int
  fileprivate let processes: ChildProcesses
  fileprivate var children: GuardedChildren

  package var slot: ChildSlot { children.slots[number] }

  /// Starts the process, unless it runs. One that has died while it had no request is replaced.
  ///
  /// - Throws: if the system refuses it.
  package mutating func start() throws(ForkError) {
    if !children.haveGuardian { children = try processes.replacement(of: children) }
    if slot.state == .dead { slot.reset() }
    guard slot.state == .none else { return }
    slot.state = .running
    children.send(.start, number)
  }

  /// Whether the process has ended, or couldn't be started.
  package var hasEnded: Bool { slot.state != .running || !children.haveGuardian }

  /// Kills the process and everything that it has started. `hasEnded` tells when it is dead.
  package func kill() { children.send(.kill, number) }

  /// Kills all processes of the rank's items, because this one doesn't begin. They are started again.
  package func abandon() { children.abandon() }

  /// When the last process of the rank's items was ready, in nanoseconds of the monotonic clock; 0 if none was.
  package var lastReadyTime: Int { children.lastReadyTime }

  /// Whether the process was killed for the sake of another one.
  package var isAbandoned: Bool { children.areAbandoned }

  /// The time within which a guardian kills a process, in nanoseconds.
  package static var longestKill: Int { 10_000_000_000 }

  /// Kills the process, and waits until it is dead.
  package func remove() {
    guard slot.state == .running else { return slot.reset() }
    kill()
    let end = monotonicNanoseconds() + ChildProcess.longestKill
    while !hasEnded {
      if monotonicNanoseconds() > end { abandon() }
      slot.responses.wait(nanoseconds: SharedPipe.longestWait)
    }
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
