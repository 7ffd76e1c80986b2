import SeppoEngine

/// How much of the time that ranks have goes into items, where messages take long.
package enum Efficiency {
  /// The share of the ideal time, on ranks of one thread each that are all alike.
  ///
  /// - Parameters:
  ///   - item: nanoseconds that each item takes.
  ///   - ideal: nanoseconds that the map would take with no messages at all.
  ///   - delay: nanoseconds that a message takes.
  package static func share(
    item: Int, ranks: Int, ideal: Int, delay: Int, rule: ChunkRule = .automatic, learnt: Int? = nil
  ) throws -> Double {
    let rank = Schedule.Rank()
    var schedule = Schedule(
      count: ideal / item * ranks, ranks: Array(repeating: rank, count: ranks), itemTime: .constant(item), delay: delay)
    schedule.rule = rule
    schedule.learnt = learnt
    schedule.jitter = delay / 50
    schedule.looks = 2_000
    return try Double(ideal) / Double(Simulation(schedule).run().time)
  }

  /// In Markdown.
  package static func table(delay: Int) throws -> String {
    var lines = [
      "| items of | ranks | 2 s of work each | 10 s | 60 s | 10 s, times learnt before |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    for item in [1, 10, 100] {
      for ranks in [4, 16] {
        var cells: [String] = []
        for (seconds, isLearnt) in [(2, false), (10, false), (60, false), (10, true)] {
          let nanoseconds = item * 1_000_000
          let share = try share(
            item: nanoseconds, ranks: ranks, ideal: seconds * 1_000_000_000, delay: delay,
            learnt: isLearnt ? nanoseconds : nil)
          cells.append("\(Int(share * 100)) %")
        }
        lines.append("| \(item) ms | \(ranks) | \(cells.joined(separator: " | ")) |")
      }
    }
    return lines.joined(separator: "\n")
  }
}
