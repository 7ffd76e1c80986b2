/// What Seppo's rank 0 has reported about a launch, if it is on this machine: lines of a word and a value.
package struct JobReport: Sendable, Equatable {
  /// Whether Seppo has started.
  package let hasBegun: Bool
  /// How the program has ended by itself, such as `deadline`; nil if it hasn't.
  package let ended: String?
  private let checkpoint: String?
  private let items: Int?
  private let kept: Int?

  package init(_ text: String) {
    var values: [Substring: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      values[words[0]] = words.count > 1 ? String(words[1]) : ""
    }
    hasBegun = values["began"] != nil
    ended = values["ended"]
    checkpoint = values["checkpoint"]
    items = values["items"].flatMap { Int($0) }
    kept = values["kept"].flatMap { Int($0) }
  }

  /// What the next launch need not compute again.
  package var stored: String {
    if let checkpoint, let items {
      return "\(checkpoint) has \(kept ?? 0) of \(items) items, \(items - (kept ?? 0)) remain"
    }
    if let checkpoint { return "\(checkpoint) has the results that were stored" }
    return hasBegun
      ? "the program has no checkpoint yet and starts from the beginning"
      : "the number of stored results is not known here"
  }
}
