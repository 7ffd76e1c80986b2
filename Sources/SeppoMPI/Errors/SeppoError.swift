/// What can go wrong in a parallel map. Every rank that takes part in the call gets the same error.
public enum SeppoError: Error, Sendable, Equatable, Codable {
  /// `f` threw for an item: the lowest index that throws, as `map`'s would be.
  case itemThrew(ItemError)
  /// An item took longer than `timeout:`, in seconds, on each of so many tries; the last one was on this rank.
  case itemTimedOut(index: Int, rank: Int, host: String, timeout: Double, tries: Int, place: String)
  /// An item that had passed its `timeout:` never came back. A thread can't be stopped, so that the job ends.
  case itemStuck(index: Int, rank: Int, host: String, seconds: Double, place: String)
  /// So many ranks died while they had this item in hand, so that it isn't tried again.
  case itemKilledRanks(index: Int, deaths: Int, place: String)
  /// The checkpoint can't be used; nothing was computed.
  case checkpoint(CheckpointError, place: String)
  /// Ranks that take part in a call have not been heard of for so many seconds: their machine is gone, cut off or swapping,
  /// or their process is stopped. The job ends.
  case ranksUnresponsive([RankAndHost], seconds: Double, call: String, place: String)
  /// What is to come needs more memory than this rank may take, or than so many ranks of its machine may take together.
  /// `limit` says whose limit that is; bytes.
  case notEnoughMemory(
    what: String, needed: Int, available: Int, limit: String, ranks: Int, rank: Int, host: String, place: String)
  /// The body of an `atRoot` threw on rank 0.
  case rootThrew(host: String, type: String, description: String, place: String)
  /// The `merge` of a reduction threw on rank 0.
  case mergeThrew(host: String, type: String, description: String, place: String)
  /// The ranks have come to different calls, or some have left `run`: who is where.
  case diverged([Position])
  /// A rank's items are not rank 0's: this one, or where `index` is nil their number. Nothing was computed.
  case itemsDiffer(index: Int?, count: Int, rank: Int, host: String, rootCount: Int, place: String)
  /// With `SEPPO_CHECK=1`: an item was computed on two ranks, and they have different results, here as text.
  case resultsDiffer(
    index: Int, first: RankAndHost, firstResult: String, second: RankAndHost, secondResult: String, place: String)
  /// A value can't be encoded. `index` is the item's, or nil for a value that isn't one of many.
  case notEncodable(index: Int?, rank: Int, host: String, type: String, codingPath: String, reason: String)
  /// Bytes that came aren't a value of the type. `index` is the item's, or nil for a value that isn't one of many.
  case notDecodable(index: Int?, rank: Int, host: String, type: String, codingPath: String, reason: String)
  /// A call that all ranks make together was made where only one rank is: inside an item, or inside `atRoot`.
  case nested(call: String, inside: String, place: String)
  /// A call that needs `Seppo.run { … }` around it was made without.
  case outsideRun(call: String, place: String)
  /// `Seppo.run` was called a second time.
  case ranTwice(place: String)
  /// Two threads of this rank made calls at the same time.
  case overlapping(call: String, place: String)
  /// MPI was started by others at a thread level at which only their thread may call it, and this is another.
  case wrongThread(call: String, place: String)
  /// An option has a value that it can't have.
  case badOption(name: String, reason: String, place: String)
  /// The system gave no thread to compute on.
  case noThread(reason: String, rank: Int, host: String)
  /// MPI reported an error: the call, its class, and MPI's own text.
  case mpi(call: String, errorClass: Int, text: String, rank: Int, host: String)

  /// A rank, and its machine.
  public struct RankAndHost: Sendable, Equatable, Codable {
    /// The rank.
    public let rank: Int
    /// The name of its machine.
    public let host: String
  }

  /// Where a rank is.
  public struct Position: Sendable, Equatable, Codable {
    /// The rank.
    public let rank: Int
    /// The number of the call on that rank, from 1; nil where the rank has come to no call yet.
    public let number: Int?
    /// Which call: `mapParallel`, `atRoot`, `broadcast`, the end of `Seppo.run` and so on.
    public let call: String
    /// The place, as `#fileID:#line:#column`.
    public let place: String
    /// The types of the elements and results, where the call has any.
    public let types: String
  }
}

extension SeppoError: CustomStringConvertible {
  /// One sentence: what, which item, which rank on which host, and the line.
  public var description: String {
    switch self {
    case .itemThrew(let item):
      """
      item \(item.index) threw on rank \(item.rank) (\(item.host))\(SeppoError.spell(tries: item.tries)): \(item.type): \
      \(item.description) [mapped at \(item.place)]
      """
    case .itemTimedOut(let index, let rank, let host, let timeout, let tries, let place):
      """
      item \(index) took longer than \(SeppoError.spell(seconds: timeout)) on rank \(rank) \
      (\(host))\(SeppoError.spell(tries: tries)) [mapped at \(place)]
      """
    case .itemStuck(let index, let rank, let host, let seconds, let place):
      """
      item \(index) has not come back on rank \(rank) (\(host)) after \(SeppoError.spell(seconds: seconds)), and a thread \
      can't be stopped, so that the job ends [mapped at \(place)]
      """
    case .itemKilledRanks(let index, let deaths, let place):
      """
      item \(index) is not tried again: \(deaths == 1 ? "a rank" : "\(deaths) ranks") died computing it, in earlier jobs [mapped at \
      \(place)]
      """
    case .checkpoint(let error, let place):
      "\(error) [at \(place)]"
    case .ranksUnresponsive(let ranks, let seconds, let call, let place):
      """
      \(SeppoError.spell(ranks)) \(ranks.count == 1 ? "has" : "have") not been heard of for \
      \(SeppoError.spell(seconds: seconds)) in \(call): cut off, switched off, stopped or swapping (SEPPO_SILENCE_S says how \
      long a rank may be silent) [at \(place)]
      """
    case .notEnoughMemory(let what, let needed, let available, let limit, let ranks, let rank, let host, let place):
      """
      \(what) would take \(SeppoError.spell(bytes: needed)) on rank \(rank) (\(host))\(SeppoError.spell(othersOf: ranks)), \
      where \(SeppoError.spell(bytes: available)) are left of \(limit): give the job more memory, or do less in one call \
      [at \(place)]
      """
    case .rootThrew(let host, let type, let description, let place):
      "the body of atRoot threw on rank 0 (\(host)): \(type): \(description) [at \(place)]"
    case .mergeThrew(let host, let type, let description, let place):
      "the merge of a reduction threw on rank 0 (\(host)): \(type): \(description) [reduced at \(place)]"
    case .diverged(let positions):
      """
      the ranks have come to different calls: \(SeppoError.spell(positions)). Every rank must make the same calls in the \
      same order; what only one rank should do belongs into Seppo.atRoot { … }.
      """
    case .itemsDiffer(let index, let count, let rank, let host, let rootCount, let place):
      """
      \(SeppoError.spell(otherItem: index, count, rank, host, rootCount)): \
      every rank must map the same items in the same order. Sort what comes from a Set or a Dictionary, in encode(to:) too; make what is \
      random, read or timed once, in Seppo.atRoot { … }, whose value can be mapped as it is, or broadcast() [mapped at \(place)]
      """
    case .resultsDiffer(let index, let first, let firstResult, let second, let secondResult, let place):
      """
      \(SeppoError.spell(otherResult: index, first, firstResult, second, secondResult)): f must give the same result on \
      every rank. Put what differs from rank to rank (random numbers, the time, the content of a file) into the items, or make \
      it once, with try Seppo.atRoot { … }.broadcast(), and capture that value (found with SEPPO_CHECK=1) [mapped at \(place)]
      """
    case .notEncodable(let index, let rank, let host, let type, let path, let reason):
      SeppoError.spell("encoded", index, rank, host, type, path, reason)
    case .notDecodable(let index, let rank, let host, let type, let path, let reason):
      SeppoError.spell("decoded", index, rank, host, type, path, reason)
    case .nested(let call, let inside, let place):
      """
      \(call) was called inside \(inside), where only one rank is; all ranks must make it together, so take it out of \
      there [at \(place)]
      """
    case .outsideRun(let call, let place):
      "\(call) needs Seppo.run { … } around it, or in a unit test withRanks(3) { … } of SeppoTesting [at \(place)]"
    case .ranTwice(let place):
      "Seppo.run was called a second time; MPI starts and ends once in a process, so one run must hold all calls [at \(place)]"
    case .overlapping(let call, let place):
      "\(call) was called while another thread of this rank was in a call; make them one after the other [at \(place)]"
    case .wrongThread(let call, let place):
      """
      \(call) was called from another thread than the one that started MPI, and MPI was started (by another library) \
      without MPI_THREAD_SERIALIZED; start it with that level, or stay on that thread [at \(place)]
      """
    case .badOption(let name, let reason, let place):
      "\(name): \(reason) [at \(place)]"
    case .noThread(let reason, let rank, let host):
      "no compute thread could be started on rank \(rank) (\(host)): \(reason)"
    case .mpi(let call, let errorClass, let text, let rank, let host):
      "\(call) failed on rank \(rank) (\(host)): \(text) [class \(errorClass)]"
    }
  }

  /// Where there are many, not all by name.
  static func spell(_ ranks: [RankAndHost]) -> String {
    let most = 8
    let names = ranks.prefix(most).map { "rank \($0.rank) (\($0.host))" }.joined(separator: ", ")
    return ranks.count > most ? "\(names) and \(ranks.count - most) more" : names
  }

  private static func spell(
    otherItem index: Int?, _ count: Int, _ rank: Int, _ host: String, _ rootCount: Int
  ) -> String {
    if let index { return "item \(index) of rank \(rank) (\(host)) is not rank 0's" }
    return "rank \(rank) (\(host)) has \(count) item\(count == 1 ? "" : "s"), and rank 0 has \(rootCount)"
  }

  private static func spell(
    otherResult index: Int, _ first: RankAndHost, _ firstResult: String, _ second: RankAndHost, _ secondResult: String
  ) -> String {
    // Long ones are cut off, and not every type prints all that it is.
    if firstResult == secondResult {
      return "item \(index) has another result on \(spell([second])) than on \(spell([first]))"
    }
    return "item \(index) gave \(firstResult) on \(spell([first])) and \(secondResult) on \(spell([second]))"
  }

  private static func spell(tries: Int) -> String { tries == 1 ? "" : ", the last of \(tries) tries" }

  private static func spell(othersOf ranks: Int) -> String {
    ranks == 1 ? "" : ranks == 2 ? " and the other rank there" : " and the \(ranks - 1) other ranks there"
  }

  static func spell(seconds: Double) -> String {
    let tenths = (seconds * 10).rounded() / 10
    return tenths == 0 ? "\(seconds) s" : tenths == tenths.rounded() ? "\(Int(tenths)) s" : "\(tenths) s"
  }

  static func spell(bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    var (value, unit) = (Double(max(0, bytes)), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return unit == 0 ? "\(max(0, bytes)) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
  }

  /// The same error, where it is of an item that was tried so often.
  func after(tries: Int) -> SeppoError {
    switch self {
    case .itemThrew(var item):
      item.tries = tries
      return .itemThrew(item)
    case .itemTimedOut(let index, let rank, let host, let timeout, _, let place):
      return .itemTimedOut(index: index, rank: rank, host: host, timeout: timeout, tries: tries, place: place)
    default: return self
    }
  }

  private static func spell(
    _ done: String, _ index: Int?, _ rank: Int, _ host: String, _ type: String, _ path: String, _ reason: String
  ) -> String {
    let what = index.map { "item \($0)" } ?? "the value"
    let inside = path.isEmpty ? "" : " at \(path)"
    return "\(what) (\(type)) can't be \(done)\(inside) on rank \(rank) (\(host)): \(reason)"
  }

  private static func spell(_ positions: [Position]) -> String {
    positions.map { position in
      let types = position.types.isEmpty ? "" : " of \(position.types)"
      let number = position.number.map { ", call \($0)" } ?? ""
      let place = position.place.isEmpty ? "" : " \(position.place)"
      return "rank \(position.rank) is at\(place) (\(position.call)\(types)\(number))"
    }
    .joined(separator: "; ")
  }
}
