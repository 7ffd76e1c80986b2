/// The stored results of a call, independent of their type.
protocol StoredResults: AnyObject {
  var name: String { get }
  /// The number of stored results.
  var stored: Int { get }
  /// The longest time of an item so far, in nanoseconds.
  var longestItem: Int { get }
  /// Records that the job ends because these ranks died. A later call replaces the record.
  func note(dead ranks: [Int]) throws
}
