@_spi(CheckpointStore) public import SeppoMPI

extension Checkpoint {
  /// Which stored results still count, when a call is made again.
  #if hasAttribute(nonexhaustive)
    @nonexhaustive
  #endif
  public enum Resume: String, Sendable, Codable {
    /// All of them, where the items are the same as before; other items are an error.
    case whole
    /// Those of the items that are the same as before, wherever these stand now: items may change, come and go, and those
    /// that are equal keep their order. Results whose items have gone are kept until the new work is complete.
    case perItem
  }

  /// Results in an SQLite file.
  ///
  /// ```swift
  /// let fits = try stars.parallel(checkpoint: .sqlite("fits.sqlite")).map(fit)
  /// ```
  ///
  /// The file is made where there is none. The `sqlite3` shell reads it: `SELECT * FROM results`. Several calls may share
  /// a file, one after the other; two jobs can't.
  ///
  /// - Parameters:
  ///   - path: the file, in a folder that exists. SQLite keeps another beside it, and Seppo a third, while a map runs.
  ///   - label: what the call is called in the file. Without one it is known by its line. Where that has moved
  ///     in another build, an error says which label goes on with it.
  ///   - json: also store each result as JSON, for people to query.
  ///   - resume: which stored results still count when the items have changed.
  ///   - mostAtRisk: so many results, at most, wait to be stored together; what waits is lost where rank 0 is killed.
  ///   - longestAtRisk: no result waits longer than this to be stored.
  ///   - deaths: an item during which a rank died so many times is not tried again.
  public static func sqlite(
    _ path: String, label: String? = nil, json: Bool = false, resume: Resume = .whole, mostAtRisk: Int = 1_000,
    longestAtRisk: Duration = .seconds(1), deaths: Int = 2
  ) -> Checkpoint {
    Checkpoint(
      SQLiteStore(
        path: path, label: label, json: json, resume: resume, mostAtRisk: max(1, mostAtRisk),
        longestAtRisk: longestAtRisk, deaths: max(1, deaths)))
  }
}
