/// An error of a checkpoint. Nothing was computed, and nothing overwritten. New kinds may be added.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum CheckpointError: Error, Sendable, Equatable, Codable {
  /// Another job has it open; `by` says which, as far as is known.
  case inUse(file: String, by: String)
  /// The file is something else.
  case notACheckpoint(file: String, reason: String)
  /// A newer Seppo has written it.
  case newerFormat(file: String, format: Int, known: Int)
  /// An older Seppo has written it, in a format that is no longer read.
  case olderFormat(file: String, format: Int, known: Int)
  /// It holds results of other work: `stored` and `now` say in what they differ.
  case otherWork(file: String, label: String, stored: String, now: String)
  /// It holds results of the same items in another order.
  case otherOrder(file: String, label: String)
  /// The results' type has changed since.
  case otherType(file: String, label: String, stored: String, now: String)
  /// What is stored isn't what was stored once.
  case damaged(file: String, reason: String)
  /// It can't be written to.
  case readOnly(file: String, reason: String)
  /// There is no room to write to it.
  case diskFull(file: String)
  /// This result is longer than it can hold. The others are stored all the same.
  case tooLong(file: String, item: Int, bytes: Int, most: Int)
  /// Anything else that the system or the database says.
  case failed(file: String, reason: String)
}

extension CheckpointError: CustomStringConvertible {
  /// One sentence: what is wrong, and what to do.
  public var description: String {
    switch self {
    case .inUse(let file, let by):
      """
      \(file) is in use by \(by): wait until that job has ended, or give this one a file of its own
      """
    case .notACheckpoint(let file, let reason):
      "\(file) is no checkpoint (\(reason)): give the checkpoint another name, or move that file away"
    case .newerFormat(let file, let format, let known):
      """
      \(file) was written by a newer version of Seppo (format \(format), this one knows \(known)): build the program with \
      that version, or begin a new file
      """
    case .olderFormat(let file, let format, let known):
      """
      \(file) was written by an older version of Seppo (format \(format), this one reads only \(known)): finish the work with \
      that version, or begin a new file
      """
    case .otherWork(let file, let label, let stored, let now):
      """
      \(file) holds other work under "\(label)": there it is \(stored), here \(now). Give this work a file or a label of its \
      own, or move the file away if its results aren't wanted any more
      """
    case .otherOrder(let file, let label):
      """
      \(file) holds results of the same items in another order under "\(label)": sort what comes from a Set or Dictionary \
      before it is mapped, as that has another order in each run, and begin a new file; resume: .perItem from the first run \
      on knows items in any order
      """
    case .otherType(let file, let label, let stored, let now):
      """
      \(file) holds results of another type under "\(label)": there it is \(stored), here \(now). Results of a type that has \
      changed can't be used: begin a new file, or go back to the program that wrote this one
      """
    case .damaged(let file, let reason):
      """
      \(file) is damaged (\(reason)): restore a copy of it, save what sqlite3's ".recover" can, or move it away and compute \
      everything again
      """
    case .readOnly(let file, let reason):
      "\(file) can't be written to (\(reason)): make it and its folder writable, or give another path"
    case .diskFull(let file):
      "there is no room to write to \(file): free some on that disk (or raise the quota), and run this again"
    case .tooLong(let file, let item, let bytes, let most):
      """
      the result of item \(item) has \(bytes) bytes, and \(file) can hold no more than \(most): it alone is left out, and \
      computed again by a later job; let such an item give less, or write to a file of its own
      """
    case .failed(let file, let reason):
      "\(file) can't be used: \(reason)"
    }
  }
}
