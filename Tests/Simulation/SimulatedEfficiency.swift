import SeppoEngine

/// The share of the ranks' time that is spent on items when messages are slow.
package enum SimulatedEfficiency {
  /// Returns the ideal time divided by the simulated time, on identical ranks of one thread each.
  ///
  /// - Parameters:
  ///   - item: the time per item, in nanoseconds.
  ///   - ideal: the time of the map without any message delay, in nanoseconds.
  ///   - delay: the time that a message takes, in nanoseconds.
  package static func share(
    item: Int, ranks: Int, ideal: Int, delay: Int, rule: ChunkRule = .automatic, calibratedItemTime: Int? = nil
  ) throws -> Double {
    let rank = Schedule.Rank()
    var schedule = Schedule(
      count: ideal / item * ranks, ranks: Array(repeating: rank, count: ranks), itemTime: .constant(item), delay: delay)
    schedule.rule = rule
    schedule.calibratedItemTime = calibratedItemTime
    schedule.jitter = delay / 50
    schedule.pollInterval = 2_000
    return try Double(ideal) / Double(Simulation(schedule).run().time)
  }

  /// Returns the table in Markdown.
  package static func table(delay: Int) throws -> String {
    var lines = [
      "| time per item | ranks | 2 s of work per rank | 10 s | 60 s | 10 s, item times calibrated |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    for item in [1, 10, 100] {
      for ranks in [4, 16] {
        var cells: [String] = []
        for (seconds, isCalibrated) in [(2, false), (10, false), (60, false), (10, true)] {
          let nanoseconds = item * 1_000_000
          let share = try share(
            item: nanoseconds, ranks: ranks, ideal: seconds * 1_000_000_000, delay: delay,
            calibratedItemTime: isCalibrated ? nanoseconds : nil)
          cells.append("\(Int(share * 100)) %")
        }
        lines.append("| \(item) ms | \(ranks) | \(cells.joined(separator: " | ")) |")
      }
    }
    return lines.joined(separator: "\n")
  }
}
