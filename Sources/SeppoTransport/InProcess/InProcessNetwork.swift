import Synchronization

/// Connects ranks that are threads of this process, each with an `InProcessTransport`.
///
/// Messages are delayed and reordered as MPI allows. The order depends on the seed, not on time.
package final class InProcessNetwork: Sendable {
  package let size: Int
  let seed: UInt64
  let mailboxes: [Mailbox]
  let collectives: InProcessCollectives
  private let isAborted = Atomic<Bool>(false)
  private let abort = Mutex<InProcessAbort?>(nil)

  package init(ranks: Int, seed: UInt64) {
    precondition(ranks > 0, "\(ranks) ranks")
    size = ranks
    self.seed = seed
    mailboxes = (0..<ranks).map { Mailbox(rank: $0, ranks: ranks, seed: seed) }
    collectives = InProcessCollectives(ranks: ranks)
  }

  /// Makes every rank's next call throw. Only the first abort counts.
  package func abort(_ new: InProcessAbort) {
    abort.withLock { $0 = $0 ?? new }
    isAborted.store(true, ordering: .releasing)
  }

  /// - Throws: `InProcessAbort` if a rank has ended the job.
  func check() throws {
    guard isAborted.load(ordering: .acquiring) else { return }
    if let abort = abort.withLock({ $0 }) { throw abort }
  }
}
