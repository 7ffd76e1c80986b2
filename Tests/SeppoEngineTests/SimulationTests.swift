import SeppoEngine
import SeppoSimulation
import Testing

@Suite("Simulated maps")
struct SimulationTests {
  /// Only several hundred schedules, as this build isn't optimised; .ci/run simulates ten thousand others, .ci/soak
  /// millions.
  private static let block = 75 * soak

  @Test("The coordinator agrees with the reference model at every step of hundreds of schedules", arguments: 0..<4)
  func manySchedules(block: Int) {
    var statistics = Statistics()
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      do {
        statistics.add(try Simulation(Schedule(seed: UInt64(seed))).run())
      } catch {
        Issue.record(
          """
          seed \(seed): \(error); to replay it:
          ./mpi-run.sh build --product Simulate && .build/debug/Simulate --seed \(seed) --trace
          """)
      }
    }
    #expect(statistics.rarities(in: Self.block).isEmpty, "\(statistics)")
  }

  @Test("A seed always produces the same schedule, step by step")
  func replayable() throws {
    for seed in UInt64(0)..<UInt64(20 * soak) {
      var (first, second): ([String], [String]) = ([], [])
      _ = try Simulation(Schedule(seed: seed)) { first.append($0) }.run()
      _ = try Simulation(Schedule(seed: seed)) { second.append($0) }.run()
      #expect(first == second)
    }
  }

  @Test("The scheduler's memory doesn't grow during 100,000 steps")
  func boundedMemory() throws {
    var rank = Schedule.Rank()
    rank.threads = 2
    var schedule = Schedule(
      seed: 1, count: 40_000, ranks: Array(repeating: rank, count: 8), itemTime: .uniform(1_000_000), delay: 20_000)
    schedule.rule = .items(1)
    schedule.retries = 1
    schedule.behaviors = (0..<schedule.count).map { $0 % 5 == 0 ? .throwsFirst(1) : .fine }
    let statistics = try Simulation(schedule).run()
    #expect(statistics.steps > 100_000)
    #expect(statistics.retried == 8_000)
    #expect(statistics.footprint < 400)
  }

  @Test(
    "With messages of 50 ms, the ranks spend more than 95 % of their time on items",
    arguments: [(4, 1), (4, 10), (4, 100), (16, 10), (16, 100)])
  func slowNetwork(ranks: Int, milliseconds: Int) throws {
    // The first items arrive after 100 ms, and their times are known after 200 ms.
    let share = try SimulatedEfficiency.share(
      item: milliseconds * 1_000_000, ranks: ranks, ideal: 10_000_000_000, delay: 50_000_000)
    #expect(share > 0.95)
  }

  @Test(
    "With messages of 20 µs, the ranks spend more than 99 % of their time on items",
    arguments: [(4, 1), (4, 10), (4, 100), (16, 10), (16, 100)])
  func quickNetwork(ranks: Int, milliseconds: Int) throws {
    let share = try SimulatedEfficiency.share(
      item: milliseconds * 1_000_000, ranks: ranks, ideal: 10_000_000_000, delay: 20_000)
    #expect(share > 0.99)
  }
}
