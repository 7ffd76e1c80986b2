/// What a call has done, as text and as rows of tables.
package struct CallSummary: Sendable {
  private let tally: CallTally
  private let time: CallTally.Time
  /// More ranks than this are shown by quartiles and outliers.
  private static let mostRanks = 16

  package init(_ tally: CallTally) {
    self.tally = tally
    time = tally.time
  }

  /// Names and values, for a table.
  package var rows: [(name: String, value: String)] {
    var rows: [(String, String)] = []
    let threads = tally.threads
    let ranks = tally.ranks.count { $0.threads > 0 }
    var items = Quantity.count(tally.done, "item")
    if tally.calls > 1 { items += " in \(Quantity.count(tally.calls, "call"))" }
    rows.append(
      (
        "items",
        "\(items), \(Quantity.duration(tally.elapsed)), on \(Quantity.count(ranks, "rank"))"
          + (threads > ranks ? " with \(threads) compute threads in all" : "")
      ))
    rows.append(
      (
        "computing",
        "\(Quantity.duration(time.computing)) of \(Quantity.duration(time.whole)): \(Quantity.share(time.computing, of: time.whole)), "
          + "\(busyThreads) of \(Quantity.count(threads, "thread")) busy on average"
      ))
    if !rest.isEmpty { rows.append(("otherwise", rest)) }
    if let longest { rows.append(("an item", "\(Quantity.duration(tally.durations.mean)) on average, \(longest)")) }
    if let troubles { rows.append(("failures", troubles)) }
    if tally.bytesSent + tally.bytesReceived > 0 {
      rows.append(
        (
          "bytes",
          "\(Quantity.bytes(tally.bytesSent)) of items sent, \(Quantity.bytes(tally.bytesReceived)) of results received"
        ))
    }
    rows += rankRows
    if let advice = tally.advice { rows.append(("advice", advice)) }
    return rows
  }

  package var title: String { "call \(tally.call.number), \(tally.call.title)" }

  /// The summary as lines of text.
  package var text: String {
    let rows = rows
    let width = rows.map(\.name.count).max() ?? 0
    let lines = rows.map { name, value in "  \(name)\(String(repeating: " ", count: width - name.count))  \(value)" }
    let title = tally.calls > 1 ? tally.call.title : title
    return (["Seppo: \(title):"] + lines).joined(separator: "\n")
  }

  private var busyThreads: String {
    Quantity.decimal(Double(time.computing) / Double(max(1, tally.elapsed)), places: 2)
  }

  /// Where the time went that was not spent on computing.
  private var rest: String {
    let parts = [
      (time.start, "start"), (time.end, "waiting for the last items"), (time.encoding, "encoding results"),
      (time.sharing, tally.call.isShared ? "sharing results" : "the end of the call"),
      (time.between, "messages and waiting between chunks"),
    ]
    return parts.filter { $0.0 * 1_000 >= time.whole && time.whole > 0 }
      .map { "\($0.1) \(Quantity.share($0.0, of: time.whole))" }.joined(separator: ", ")
  }

  private var longest: String? {
    guard let (batch, rank) = tally.longest else { return nil }
    let where_ = "on rank \(rank) (\(tally.ranks[rank].host))"
    let items = batch.items
    return items.count == 1
      ? "the longest one \(Quantity.duration(batch.nanoseconds)) (item \(items.lowerBound), \(where_))"
      : "\(Quantity.duration(batch.perItem)) in the slowest batch (items \(items.lowerBound) to \(items.upperBound - 1), \(where_))"
  }

  private var troubles: String? {
    var parts: [String] = []
    if tally.failed > 0 { parts.append("\(Quantity.count(tally.failed, "item")) failed") }
    if tally.retried > 0 { parts.append("\(Quantity.count(tally.retried, "attempt")) failed and were repeated") }
    if tally.stored > 0 { parts.append("\(Quantity.count(tally.stored, "item")) came from the checkpoint") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func describe(_ rank: Int) -> String {
    let one = tally.ranks[rank]
    return "\(one.host): \(Quantity.count(one.items, "item")), computing \(Quantity.duration(one.busy - one.encoding))"
  }

  /// Items and computing time of each rank, or, where there are many, quartiles and outliers.
  private var rankRows: [(name: String, value: String)] {
    let present = tally.ranks.indices.filter { tally.ranks[$0].threads > 0 }
    guard present.count > 1 else { return [] }
    if present.count <= CallSummary.mostRanks { return present.map { ("rank \($0)", describe($0)) } }
    let busy = present.map { tally.ranks[$0].busy }.sorted()
    let items = present.map { tally.ranks[$0].items }.sorted()
    func quartiles(_ values: [Int], _ text: (Int) -> String) -> String {
      [0, 1, 2, 3, 4].map { text(values[$0 * (values.count - 1) / 4]) }.joined(separator: ", ")
    }
    var rows = [
      ("a rank's items", "\(quartiles(items) { Quantity.count($0) }) (lowest, quartiles, highest)"),
      ("a rank's time", "\(quartiles(busy) { Quantity.duration($0) }) (lowest, quartiles, highest)"),
    ]
    // J. W. Tukey's fences.
    let (low, high) = (busy[(busy.count - 1) / 4], busy[3 * (busy.count - 1) / 4])
    let fence = 3 * (high - low) / 2
    let outliers = present.filter { tally.ranks[$0].busy > high + fence || tally.ranks[$0].busy < low - fence }
      .sorted { abs(tally.ranks[$0].busy - busy[busy.count / 2]) > abs(tally.ranks[$1].busy - busy[busy.count / 2]) }
    rows += outliers.prefix(8).map { ("rank \($0)", describe($0)) }
    return rows
  }

  /// The summary as a JSON object.
  package var json: String {
    let rows = rows.map { "[\(JSON.string($0.name)),\(JSON.string($0.value))]" }.joined(separator: ",")
    return """
      {"title":\(JSON.string(tally.call.title)),"calls":\(tally.calls),"items":\(tally.done),"elapsed":\(tally.elapsed / 1_000),\
      "rows":[\(rows)]}
      """
  }
}
