import SeppoProcess

extension SeppoError {
  /// A call that was made where, when or by which it can't be made.
  public struct MisplacedCall: Sendable, Equatable, Codable {
    /// Which call: `mapParallel`, `atRoot` and so on.
    public let call: String
    /// What it was made inside of, where that is the mistake.
    public let inside: String?
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    init(_ call: String, inside: String? = nil, _ place: Place) {
      self.call = call
      self.inside = inside
      self.place = place.text
    }
  }

  /// An option with an invalid value.
  public struct BadOption: Sendable, Equatable, Codable {
    /// The option with its value, as `threads: 0`.
    public let name: String
    /// Which values it can have.
    public let reason: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String
  }

  /// A checkpoint that can't be used.
  public struct CheckpointFailure: Sendable, Equatable, Codable {
    /// What is wrong with it.
    public let error: CheckpointError
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String { "\(error) [at \(place)]" }
  }

  /// Values that need more memory than a rank may use, or than the ranks of its machine may use together.
  public struct InsufficientMemory: Sendable, Equatable, Codable {
    /// The values that need the memory.
    public let what: String
    /// The memory that they need, in bytes.
    public let needed: Int
    /// The memory that is left, in bytes.
    public let available: Int
    /// The limit that counts, as `the memory of the machine`.
    public let limit: String
    /// The number of ranks of the machine that need it at the same time.
    public let ranks: Int
    /// The rank.
    public let rank: Int
    /// That rank's machine.
    public let host: String
    /// The line of the call, as `#fileID:#line`.
    public let place: String

    var sentence: String {
      """
      \(what) would need \(SeppoError.spell(bytes: needed)) on rank \(rank) (\(host))\(others), where \
      \(SeppoError.spell(bytes: available)) are left of \(limit): give the job more memory, or compute less in one call \
      [at \(place)]
      """
    }

    private var others: String {
      ranks == 1 ? "" : ranks == 2 ? " and the other rank there" : " and the \(ranks - 1) other ranks there"
    }
  }

  /// A compute thread that couldn't be started.
  public struct MissingThread: Sendable, Equatable, Codable {
    /// What the system reported.
    public let reason: String
    /// The rank.
    public let rank: Int
    /// That rank's machine.
    public let host: String
  }

  /// An error of MPI.
  public struct MPIFailure: Sendable, Equatable, Codable {
    /// The function, as `MPI_Isend`.
    public let call: String
    /// The error class, `MPI_ERR_…` as a number.
    public let errorClass: Int
    /// MPI's own text.
    public let text: String
    /// The rank.
    public let rank: Int
    /// That rank's machine.
    public let host: String
  }
}
