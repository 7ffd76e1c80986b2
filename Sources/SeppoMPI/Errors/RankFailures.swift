import SeppoProcess

extension SeppoError {
  /// A rank and its machine.
  public struct RankAndHost: Sendable, Equatable, Codable {
    /// The rank.
    public let rank: Int
    /// The name of its machine.
    public let host: String
  }

  /// Where a rank is in the program.
  public struct Position: Sendable, Equatable, Codable {
    /// The rank.
    public let rank: Int
    /// The number of the call on that rank, from 1; nil where the rank has come to no call yet.
    public let number: Int?
    /// Which call: `mapParallel`, `atRoot`, `broadcast`, the end of the program and so on.
    public let call: String
    /// The place, as `#fileID:#line:#column`.
    public let place: String
    /// The types of the elements and results, where the call has any.
    public let types: String

    static func spell(_ positions: [Position]) -> String {
      positions.map { position in
        let types = position.types.isEmpty ? "" : " of \(position.types)"
        let number = position.number.map { ", call \($0)" } ?? ""
        let place = position.place.isEmpty ? "" : " \(position.place)"
        return "rank \(position.rank) is at\(place) (\(position.call)\(types)\(number))"
      }
      .joined(separator: "; ")
    }
  }

  /// Ranks that don't answer.
  public struct UnresponsiveRanks: Sendable, Equatable, Codable {
    /// The ranks and their machines.
    public let ranks: [RankAndHost]
    /// The time since they were last heard from, in seconds.
    public let seconds: Double
    /// The call that they were in.
    public let call: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      \(SeppoError.spell(ranks)) \(ranks.count == 1 ? "has" : "have") not answered for \
      \(SeppoError.spell(seconds: seconds)) in \(call): probably unreachable, powered off, suspended or swapping \
      (SEPPO_SILENCE_S sets the limit) [at \(place)]
      """
    }
  }

  /// Items of a rank that aren't rank 0's.
  public struct ItemsDifference: Sendable, Equatable, Codable {
    /// The first item that differs, of those that were compared; nil where the numbers of items differ.
    public let index: Int?
    /// The rank's number of items.
    public let count: Int
    /// The rank.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// Rank 0's number of items.
    public let rootCount: Int
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      \(difference): every rank must map the same items in the same order. Sort items from a Set or a Dictionary, in \
      encode(to:) too; make random, read or timed items once, in Seppo.atRoot { … }, whose value can be mapped as it is, or \
      broadcast() [mapped at \(place)]
      """
    }

    private var difference: String {
      if let index { return "item \(index) of rank \(rank) (\(host)) is not the same as rank 0's" }
      return "rank \(rank) (\(host)) has \(count) item\(count == 1 ? "" : "s"), and rank 0 has \(rootCount)"
    }
  }

  /// An item with different results on two ranks.
  public struct ResultsDifference: Sendable, Equatable, Codable {
    /// Its index in the collection that was mapped.
    public let index: Int
    /// The rank that computed it first.
    public let first: RankAndHost
    /// The result there, as text.
    public let firstResult: String
    /// The other rank that computed it.
    public let second: RankAndHost
    /// The result there, as text.
    public let secondResult: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      \(difference): f must return the same result on every rank. Put what differs between ranks (random numbers, the time, \
      the content of a file) into the items, or make it once, with try Seppo.atRoot { … }.broadcast(), and capture that value \
      (found with SEPPO_CHECK=1) [mapped at \(place)]
      """
    }

    private var difference: String {
      // Long texts are cut off, and not every type prints all of its content.
      if firstResult == secondResult {
        return "item \(index) has another result on \(SeppoError.spell([second])) than on \(SeppoError.spell([first]))"
      }
      return """
        item \(index) has the result \(firstResult) on \(SeppoError.spell([first])) and \(secondResult) on \
        \(SeppoError.spell([second]))
        """
    }
  }
}
