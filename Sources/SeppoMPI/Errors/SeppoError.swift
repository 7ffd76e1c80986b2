import SeppoProcess

/// An error of a parallel call. Every rank that takes part in the call gets the same one.
///
/// New kinds may be added, and their values may get more properties: a `switch` over it needs `@unknown default`.
///
/// ```swift
/// do {
///   energies = try molecules.mapParallel(dock)
/// } catch SeppoError.itemThrew(let item) {
///   print("molecule \(item.index): \(item.description)")
/// }
/// ```
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum SeppoError: Error, Sendable, Equatable, Codable {
  /// `f` threw for an item: the lowest index that throws, as with `map`.
  case itemThrew(ItemError)
  /// An item took longer than `timeout:`, at each try.
  case itemTimedOut(ItemTimeout)
  /// An item that had exceeded its `timeout:` never returned. A thread can't be stopped, so the job ends.
  case itemStuck(StuckItem)
  /// The process that computed an item ended: with `isolation: .process`.
  case itemCrashed(CrashedItem)
  /// Ranks, or with `isolation: .process` the item's own processes, died in earlier jobs each time they computed this item, so it isn't
  /// tried again.
  case itemKilledRanks(LethalItem)
  /// The checkpoint can't be used. Nothing was computed.
  case checkpoint(CheckpointFailure)
  /// Ranks in a call don't answer: unreachable, powered off, suspended or swapping. The job ends.
  case ranksUnresponsive(UnresponsiveRanks)
  /// The values of a call need more memory than there is.
  case notEnoughMemory(InsufficientMemory)
  /// The body of an `atRoot` threw on rank 0.
  case rootThrew(BodyError)
  /// The `merge` of a reduction threw on rank 0.
  case mergeThrew(BodyError)
  /// The code that consumes results as they come threw on rank 0.
  case consumerThrew(BodyError)
  /// The asynchronous sequence whose elements are computed threw on rank 0.
  case sequenceThrew(BodyError)
  /// The body of a pool threw on rank 0.
  case poolThrew(BodyError)
  /// The ranks have come to different calls, or some have reached the end of the program: where each rank is.
  case diverged([Position])
  /// A rank's items are not the same as rank 0's. Nothing was computed.
  case itemsDiffer(ItemsDifference)
  /// With `SEPPO_CHECK=1`: an item was computed on two ranks with different results.
  case resultsDiffer(ResultsDifference)
  /// A value can't be encoded.
  case notEncodable(CodingFailure)
  /// Received bytes can't be decoded as the type.
  case notDecodable(CodingFailure)
  /// A call that all ranks make together was made where only one rank is: inside an item, or inside `atRoot`.
  case nested(MisplacedCall)
  /// A call was made after MPI had ended, which is at the end of `Seppo.run` or of the program; or a task of a pool was not
  /// finished when the pool's body ended.
  case afterEnd(MisplacedCall)
  /// A call was made in a process that a rank had forked.
  case inForkedProcess(MisplacedCall)
  /// `Seppo.run` was called a second time.
  case ranTwice(MisplacedCall)
  /// Two threads of this rank made calls at the same time.
  case overlapping(MisplacedCall)
  /// Another library started MPI at a thread level at which only one thread may use it, and the call was made by another.
  case wrongThread(MisplacedCall)
  /// An option has an invalid value.
  case badOption(BadOption)
  /// The system has no more threads to compute on.
  case noThread(MissingThread)
  /// The system refuses another process for items.
  case noProcess(MissingProcess)
  /// MPI reported an error.
  case mpi(MPIFailure)
}

extension SeppoError: CustomStringConvertible {
  /// One sentence: what happened, to which item, on which rank and host, and the line of the program.
  public var description: String {
    switch self {
    case .itemThrew(let error): error.debugDescription
    case .itemTimedOut(let timeout): timeout.sentence
    case .itemStuck(let item): item.sentence
    case .itemCrashed(let item): item.sentence
    case .itemKilledRanks(let item): item.sentence
    case .checkpoint(let failure): failure.sentence
    case .ranksUnresponsive(let ranks): ranks.sentence
    case .notEnoughMemory(let shortage): shortage.sentence
    case .rootThrew(let error): error.sentence("the body of atRoot", "at")
    case .mergeThrew(let error): error.sentence("the merge of a reduction", "reduced at")
    case .consumerThrew(let error): error.sentence("the code that consumes results", "at")
    case .sequenceThrew(let error): error.sentence("the sequence of elements", "at")
    case .poolThrew(let error): error.sentence("the body of a pool", "at")
    case .diverged(let positions):
      """
      the ranks have come to different calls: \(Position.spell(positions)). Every rank must make the same calls in the \
      same order; code for one rank only belongs in Seppo.atRoot { … }.
      """
    case .itemsDiffer(let difference): difference.sentence
    case .resultsDiffer(let difference): difference.sentence
    case .notEncodable(let failure): failure.sentence("encoded")
    case .notDecodable(let failure): failure.sentence("decoded")
    case .nested(let call):
      """
      \(call.call) was called inside \(call.inside ?? "an item"), which only one rank runs; all ranks must make this call \
      together, so move it out of there [at \(call.place)]
      """
    case .afterEnd(let call) where call.inside != nil:
      """
      \(call.call) was not finished when \(call.inside ?? "") ended, or was submitted later; wait for its value before that end \
      [at \(call.place)]
      """
    case .afterEnd(let call):
      """
      \(call.call) was called after MPI had ended, at the end of Seppo.run or of the program; make all calls before that \
      [at \(call.place)]
      """
    case .inForkedProcess(let call):
      """
      \(call.call) was called in a process that a rank had forked, which isn't a rank itself; make the call in the rank's own \
      process [at \(call.place)]
      """
    case .ranTwice(let call) where call.inside != nil:
      "Seppo.run was called inside another Seppo.run; put all calls in one run [at \(call.place)]"
    case .ranTwice(let call):
      """
      Seppo.run was called a second time; MPI starts and ends once in a process, so put all calls in one run \
      [at \(call.place)]
      """
    case .overlapping(let call):
      """
      \(call.call) was called while another thread of this rank was in a call; make them one after the other \
      [at \(call.place)]
      """
    case .wrongThread(let call):
      """
      \(call.call) was called on another thread than the one that started MPI, and MPI was started (by another library) \
      without MPI_THREAD_SERIALIZED; start it with that level, or make all calls on that thread [at \(call.place)]
      """
    case .badOption(let option): "\(option.name): \(option.reason) [at \(option.place)]"
    case .noThread(let thread):
      "no compute thread could be started on rank \(thread.rank) (\(thread.host)): \(thread.reason)"
    case .noProcess(let process): process.sentence
    case .mpi(let failure):
      """
      \(failure.call) failed on rank \(failure.rank) (\(failure.host)): \(failure.text) [class \(failure.errorClass)]
      """
    }
  }

  /// Returns the same error with this number of tries, where it is an item's.
  func after(tries: Int) -> SeppoError {
    switch self {
    case .itemThrew(var item):
      item.tries = tries
      return .itemThrew(item)
    case .itemTimedOut(var timeout):
      timeout.tries = tries
      return .itemTimedOut(timeout)
    case .itemCrashed(var item):
      item.tries = tries
      return .itemCrashed(item)
    default: return self
    }
  }
}
