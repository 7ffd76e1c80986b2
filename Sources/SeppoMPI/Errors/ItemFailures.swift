import SeppoProcess

extension SeppoError {
  /// An item that took longer than `timeout:`.
  public struct ItemTimeout: Sendable, Equatable, Codable {
    /// Its index in the collection that was mapped.
    public let index: Int
    /// The rank of the last try.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// The limit, in seconds.
    public let timeout: Double
    /// The number of tries: 1 without `retries:`.
    public internal(set) var tries: Int
    /// The line of the program that called the map, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      item \(index) took longer than \(SeppoError.spell(seconds: timeout)) on rank \(rank) \
      (\(host))\(SeppoError.spell(tries: tries)) [mapped at \(place)]
      """
    }
  }

  /// An item that had exceeded its `timeout:` and never returned.
  public struct StuckItem: Sendable, Equatable, Codable {
    /// Its index in the collection that was mapped.
    public let index: Int
    /// The rank that computes it.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// The time since it was started, in seconds.
    public let seconds: Double
    /// The line of the program that called the map, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      item \(index) has not returned on rank \(rank) (\(host)) after \(SeppoError.spell(seconds: seconds)), and a thread \
      can't be stopped, so the job ends [mapped at \(place)]
      """
    }
  }

  /// An item whose process ended while it was computed, with `isolation: .process`.
  public struct CrashedItem: Sendable, Equatable, Codable {
    /// Its index in the collection that was mapped.
    public let index: Int
    /// The number of items after it that were computed together with it, for verbs that compute one value from several
    /// items: one of them crashed. Otherwise 0.
    public let others: Int
    /// The signal that ended the process; nil if it exited.
    public let signal: Int32?
    /// The status with which the process exited; nil if a signal ended it.
    public let status: Int32?
    /// The last line that the process wrote on standard error, at most 512 bytes; empty if there is none.
    public let lastLine: String
    /// The rank of the last try.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// The number of tries: 1 without `retries:`.
    public internal(set) var tries: Int
    /// The line of the program that called the map, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      let which = others == 0 ? "item \(index)" : "one of the items \(index) to \(index + others)"
      let end =
        switch (signal, status) {
        case (let signal?, _): "was ended by \(SignalName.text(signal))"
        case (nil, let status?): "exited with status \(status)"
        case (nil, nil): "sent data that can't be read"
        }
      let line = lastLine.isEmpty ? "" : "; its last line was: \(lastLine)"
      return """
        \(which) crashed on rank \(rank) (\(host))\(SeppoError.spell(tries: tries)): its process \(end)\(line) [mapped at \
        \(place)]
        """
    }
  }

  /// The system refuses another process for items, with `isolation: .process`.
  public struct MissingProcess: Sendable, Equatable, Codable {
    /// The rank that asked for it.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// What the system reported.
    public let reason: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      "rank \(rank) (\(host)) could not start a process for its items: \(reason) [at \(place)]"
    }
  }

  /// An item at which ranks died in earlier jobs.
  public struct LethalItem: Sendable, Equatable, Codable {
    /// Its index in the collection that was mapped.
    public let index: Int
    /// The number of processes that died: ranks, or with `isolation: .process` processes of the item's own.
    public let deaths: Int
    /// The line of the program that called the map, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      item \(index) is not tried again: \(deaths == 1 ? "a process" : "\(deaths) processes") died computing it in earlier jobs \
      [mapped at \(place)]
      """
    }
  }

  /// A value that can't be encoded or decoded.
  public struct CodingFailure: Sendable, Equatable, Codable {
    /// The item's index; nil for a value that isn't one of many.
    public let index: Int?
    /// The rank that tried.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// The type of the value.
    public let type: String
    /// Where in the value, as `energies[3].unit`; empty for the value itself.
    public let codingPath: String
    /// What the encoder, the decoder or the type reported.
    public let reason: String
    /// The line of the call, as `#fileID:#line`; empty where the value belongs to no call of the program's.
    public let place: String

    func sentence(_ done: String) -> String {
      let what = index.map { "item \($0)" } ?? "the value"
      let inside = codingPath.isEmpty ? "" : " at \(codingPath)"
      let line = place.isEmpty ? "" : " [at \(place)]"
      return "\(what) (\(type)) can't be \(done)\(inside) on rank \(rank) (\(host)): \(reason)\(line)"
    }
  }

  /// An error that the body of `atRoot`, or the `merge` of a reduction, threw on rank 0.
  public struct BodyError: Sendable, Equatable, Codable {
    /// Rank 0's machine.
    public let host: String
    /// The type of the error that was thrown.
    public let type: String
    /// The `errorDescription` of the error, where it is a `LocalizedError` that has one; else its description.
    public let description: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    func sentence(_ what: String, _ at: String) -> String {
      "\(what) threw on rank 0 (\(host)): \(type): \(description) [\(at) \(place)]"
    }
  }
}
