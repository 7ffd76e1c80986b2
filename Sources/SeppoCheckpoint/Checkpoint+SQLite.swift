@_spi(CheckpointStore) public import SeppoMPI

extension Checkpoint {
  /// Which stored results are reused when a call is made again.
  #if hasAttribute(nonexhaustive)
    @nonexhaustive
  #endif
  public enum Resume: String, Sendable, Codable {
    /// All of them if the items are unchanged. Other items are an error.
    case whole
    /// The results of unchanged items, at whatever index they are now. Items may be changed, added, removed and
    /// reordered. Results of removed items are kept until the new work is complete.
    case perItem
  }

  /// Returns a checkpoint that keeps results in an SQLite file.
  ///
  /// ```swift
  /// let fits = try stars.parallel(checkpoint: .sqlite("fits.sqlite")).map(fit)
  /// ```
  ///
  /// The file is created if it doesn't exist. The `sqlite3` shell can read it: `SELECT * FROM results`. Several calls
  /// may use the same file one after another, but two jobs can't use it at the same time.
  ///
  /// - Parameters:
  ///   - path: The file, in an existing folder. While a map runs, SQLite and Seppo each keep another file next to it.
  ///   - label: The name of the call in the file. Without a label, the call is identified by its source line. If that
  ///     line has moved in another build, an error names the label that resumes the call.
  ///   - json: Whether each result is also stored as JSON, for queries.
  ///   - resume: Which stored results are reused if the items have changed.
  ///   - mostAtRisk: The maximum number of results that wait to be stored together. They are lost if rank 0 is killed.
  ///   - longestAtRisk: The maximum time that a result waits to be stored.
  ///   - deaths: The number of deaths of ranks, or of the item's own processes, after which the item that caused them is not tried
  ///     again.
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
