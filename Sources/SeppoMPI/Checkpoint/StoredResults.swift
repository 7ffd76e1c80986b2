/// Results that outlive the job.
protocol StoredResults: AnyObject {
  var name: String { get }
  /// How many there are.
  var kept: Int { get }
  /// What items took at the most, in nanoseconds.
  var longestItem: Int { get }
  /// The job is dying of these ranks' deaths.
  func note(dead ranks: [Int]) throws
}
