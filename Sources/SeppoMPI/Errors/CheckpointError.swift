/// An error of a checkpoint. Nothing was computed or overwritten. New cases may be added.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum CheckpointError: Error, Sendable, Equatable, Codable {
  /// Another job has the file open. `by` names the job, as far as it is known.
  case inUse(file: String, by: String)
  /// The file is not a checkpoint.
  case notACheckpoint(file: String, reason: String)
  /// The file was written by a newer version of Seppo.
  case newerFormat(file: String, format: Int, known: Int)
  /// The file was written by an older version of Seppo, in a format that is no longer read.
  case olderFormat(file: String, format: Int, known: Int)
  /// The file holds results of other work. `stored` and `now` say what differs.
  case otherWork(file: String, label: String, stored: String, now: String)
  /// The file holds results of the same items in another order.
  case otherOrder(file: String, label: String)
  /// The result type has changed since the results were stored.
  case otherType(file: String, label: String, stored: String, now: String)
  /// The file was changed or damaged after it was written.
  case damaged(file: String, reason: String)
  /// The file can't be written to.
  case readOnly(file: String, reason: String)
  /// The disk is full, or the quota is used up.
  case diskFull(file: String)
  /// The result is longer than the file can store. All other results are stored.
  case tooLong(file: String, item: Int, bytes: Int, most: Int)
  /// Any other error of the system or the database.
  case failed(file: String, reason: String)
}

extension CheckpointError: CustomStringConvertible {
  /// One sentence that says what is wrong and what to do.
  public var description: String {
    switch self {
    case .inUse(let file, let by):
      """
      \(file) is in use by \(by): wait until that has ended, or use another file
      """
    case .notACheckpoint(let file, let reason):
      "\(file) is not a checkpoint (\(reason)): give the checkpoint another name, or move that file away"
    case .newerFormat(let file, let format, let known):
      """
      \(file) was written by a newer version of Seppo (format \(format); this version reads up to \(known)): build the \
      program with that version, or start a new file
      """
    case .olderFormat(let file, let format, let known):
      """
      \(file) was written by an older version of Seppo (format \(format); this version reads only \(known)): \
      finish the work with that version, or start a new file
      """
    case .otherWork(let file, let label, let stored, let now):
      """
      \(file) holds other work under "\(label)": there it is \(stored), here \(now). Use another file or label for this \
      work, or move the file away if its results are no longer needed
      """
    case .otherOrder(let file, let label):
      """
      \(file) holds results of the same items in another order under "\(label)": the order of a Set or \
      Dictionary differs in each run, so sort its elements before they are mapped, and start a new file; with \
      resume: .perItem from the first run on, items are recognised in any order
      """
    case .otherType(let file, let label, let stored, let now):
      """
      \(file) holds results of another type under "\(label)": there it is \(stored), here \(now). Results of a type that has \
      changed can't be used: start a new file, or use the version of the program that wrote this one
      """
    case .damaged(let file, let reason):
      """
      \(file) is damaged (\(reason)): restore a copy of it, recover its rows with sqlite3's ".recover", or move it away and \
      compute everything again
      """
    case .readOnly(let file, let reason):
      "\(file) can't be written to (\(reason)): make it and its folder writable, or give another path"
    case .diskFull(let file):
      "no space is left to write to \(file): free some on that disk (or raise the quota), and run the program again"
    case .tooLong(let file, let item, let bytes, let most):
      """
      the result of item \(item) has \(bytes) bytes, but \(file) can store at most \(most): only this result is left \
      out, and a later job will compute it again; return less from such an item, or write its result to a separate file
      """
    case .failed(let file, let reason):
      "\(file) can't be used: \(reason)"
    }
  }
}
