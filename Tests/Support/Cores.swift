import Foundation
import Synchronization

/// The kind of load that a job puts on the machine.
package enum Load {
  /// It sleeps for many seconds, so it should start early.
  case sleeps
  /// It waits: for a signal, for the end of its launcher, or for an item that sleeps.
  case waits
  /// Its ranks compute.
  case computes
  /// Its ranks are threads of this process and compute.
  case computesAsThreads
  /// Its ranks allocate memory until none is left.
  case fillsMemory
}

/// The cores and the memory of the machine, shared by the test jobs: only a few start, compute or fill the memory at a
/// time, while many others wait.
package enum Cores {
  private static let count = min(max(2, ProcessInfo.processInfo.activeProcessorCount), 16)
  private static let computing = SharePool(shares: 2 * count)
  private static let filling = SharePool(shares: 2)
  private static let waiting = SharePool(shares: 12 * count)
  // Tests/other-mpi.sh sets it: the launcher of Open MPI 5 needs more of the machine.
  private static let starting = SharePool(
    shares: ProcessInfo.processInfo.environment["SEPPO_TEST_STARTS"].flatMap { Int($0) } ?? 4 * count)

  /// Runs the body when enough of the machine is free.
  package static func use<Value: Sendable>(ranks: Int, _ load: Load, _ body: () async throws -> Value) async rethrows
    -> Value
  {
    switch load {
    case .sleeps: try await waiting.use(1, isFirst: true) { try await start(ranks, isFirst: true, body) }
    case .waits: try await waiting.use(1) { try await start(ranks, body) }
    case .computes: try await computing.use(1, body)
    // Most of them sleep, but those that measure time need some cores.
    case .computesAsThreads: try await computing.use(max(2, ranks / 2), body)
    case .fillsMemory: try await filling.use(1, body)
    }
  }

  /// Every rank computes while it starts, which takes about this long with a core, or half of one.
  private static func start<Value: Sendable>(
    _ ranks: Int, isFirst: Bool = false, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let share = await starting.take(ranks, isFirst: isFirst)
    let started = Task {
      try? await Task.sleep(for: .seconds(1))
      share.release()
    }
    defer {
      started.cancel()
      share.release()
    }
    return try await body()
  }
}

/// Shares of a resource, handed out in the order of requests.
private final class SharePool: Sendable {
  private typealias Waiting = (shares: Int, turn: CheckedContinuation<Void, Never>)

  private struct State {
    var free: Int
    var first: ArraySlice<Waiting> = []
    var others: ArraySlice<Waiting> = []

    /// Returns the next job if enough shares are free.
    mutating func next() -> CheckedContinuation<Void, Never>? {
      guard let next = first.first ?? others.first, next.shares <= free else { return nil }
      free -= next.shares
      return (first.popFirst() ?? others.popFirst())?.turn
    }
  }

  private let shares: Int
  private let state: Mutex<State>

  init(shares: Int) {
    self.shares = shares
    state = Mutex(State(free: shares))
  }

  func use<Value: Sendable>(
    _ wanted: Int, isFirst: Bool = false, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let share = await take(wanted, isFirst: isFirst)
    defer { share.release() }
    return try await body()
  }

  /// - Parameter isFirst: whether the job goes before all others that don't set it.
  func take(_ wanted: Int, isFirst: Bool = false) async -> Share {
    let wanted = min(wanted, shares)
    await withCheckedContinuation { turn in
      change { isFirst ? $0.first.append((wanted, turn)) : $0.others.append((wanted, turn)) }
    }
    return Share { self.change { $0.free += wanted } }
  }

  private func change(_ body: (inout State) -> Void) {
    var turns: [CheckedContinuation<Void, Never>] = []
    state.withLock { state in
      body(&state)
      while let turn = state.next() { turns.append(turn) }
    }
    for turn in turns { turn.resume() }
  }
}

/// The shares that a job holds.
private final class Share: Sendable {
  private let onRelease: Mutex<(@Sendable () -> Void)?>

  init(_ onRelease: @escaping @Sendable () -> Void) { self.onRelease = Mutex(onRelease) }

  /// Only the first call has an effect.
  func release() {
    let release = onRelease.withLock { onRelease in
      defer { onRelease = nil }
      return onRelease
    }
    release?()
  }
}
