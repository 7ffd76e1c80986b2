/// When to start no further jobs, as GNU parallel's `--halt`.
struct Halt: Sendable {
  enum Kind: String {
    case fail, success, done
  }

  /// Whether the jobs that run are killed.
  var isNow = false
  private var kind = Kind.fail
  /// The number of such jobs; nil for any number.
  private var limit: Int?
  private var count = 0
  var isNever: Bool { limit == nil }
  /// The status of the job at which this happened; nil if it didn't.
  private(set) var status: Int32?

  /// - Parameter text: `never`, `now,fail=1`, `soon,done=3` and the like.
  init?(_ text: String) {
    // GNU parallel's old names.
    let text = ["0": "never", "1": "soon,fail=1", "2": "now,fail=1"][text] ?? text
    if text == "never" { return }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, ["now", "soon"].contains(parts[0]) else { return nil }
    let condition = parts[1].split(separator: "=", omittingEmptySubsequences: false)
    guard condition.count == 2, let kind = Kind(rawValue: String(condition[0])), let limit = Int(condition[1]),
      limit > 0
    else { return nil }
    isNow = parts[0] == "now"
    self.kind = kind
    self.limit = limit
  }

  /// Takes note of a job that has ended.
  mutating func note(_ outcome: Outcome) {
    guard let limit, status == nil else { return }
    let counts =
      switch kind {
      case .fail: outcome.hasFailed
      case .success: !outcome.hasFailed
      case .done: true
      }
    if counts { count += 1 }
    if count == limit { status = outcome.hasFailed ? outcome.exitStatus : 0 }
  }
}
