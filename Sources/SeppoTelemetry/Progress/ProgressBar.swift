/// A call's progress as one line of a terminal.
package enum ProgressBar {
  private static let longestBar = 40
  private static let shortestBar = 8

  /// Returns a line that is no wider than the terminal.
  ///
  /// - Parameters:
  ///   - width: the number of columns.
  ///   - isUnicode: whether the terminal shows block elements; otherwise the bar consists of "#".
  package static func line(_ progress: CallProgress, width: Int, isUnicode: Bool) -> String {
    let head = [progress.percent.map { "\($0 < 10 ? "  " : $0 < 100 ? " " : "")\($0) %" }].compactMap { $0 }
    let done =
      progress.total.map { "\(Quantity.count(progress.done))/\(Quantity.count($0))" }
      ?? "\(Quantity.count(progress.done)) done"
    // The last ones are left out first.
    var details = [done]
    if let remaining = progress.remaining { details.append("ETA \(Quantity.wait(remaining))") }
    details += progress.troubles
    if let rate = progress.rate { details.append(Quantity.rate(rate)) }
    details.append("\(progress.working)/\(Quantity.count(progress.ranks, "rank"))")
    var label = progress.label
    func text(bar: Int) -> String {
      let bar = progress.total == nil || bar < shortestBar ? [] : [self.bar(progress, bar, isUnicode)]
      return (([label] + head).filter { !$0.isEmpty } + bar + details).joined(separator: "  ")
    }
    while details.count > 1, text(bar: shortestBar).count > width { details.removeLast() }
    let without = text(bar: 0).count
    if without > width { label = String(label.prefix(max(0, label.count - (without - width)))) }
    let room = min(longestBar, width - text(bar: 0).count - 2)
    return String(text(bar: room).prefix(max(0, width)))
  }

  private static func bar(_ progress: CallProgress, _ width: Int, _ isUnicode: Bool) -> String {
    guard let total = progress.total else { return "" }
    let part = total > 0 ? Double(min(progress.done, total)) / Double(total) : 1
    guard isUnicode else {
      let inner = width - 2
      let filled = Int(part * Double(inner))
      return "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: inner - filled))]"
    }
    let eighths = Int(part * Double(width * 8))
    let blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let filled = String(repeating: "█", count: eighths / 8) + blocks[eighths % 8]
    return filled + String(repeating: "░", count: width - filled.count)
  }
}
