import SeppoEngine
import SeppoSimulation
import Testing

@Suite("Simulated maps")
struct SimulationTests {
  /// Some hundreds in all, as they run without optimisation here; .ci/run holds ten thousand others, and .ci/soak millions.
  private static let block = 75 * soak

  @Test("The books hold at every step of hundreds of schedules, and each ends as map does", arguments: 0..<4)
  func manySchedules(block: Int) {
    var figures = Figures()
    for seed in (block * Self.block)..<((block + 1) * Self.block) {
      do {
        figures.add(try Simulation(Schedule(seed: UInt64(seed))).run())
      } catch {
        Issue.record(
          """
          seed \(seed): \(error); to replay it:
          ./mpi-run.sh build --product Simulate && .build/debug/Simulate --seed \(seed) --trace
          """)
      }
    }
    #expect(figures.rarities(in: Self.block).isEmpty, "\(figures)")
  }

  @Test("A seed gives the same schedule, step by step")
  func replayable() throws {
    for seed in UInt64(0)..<UInt64(20 * soak) {
      var (first, second): ([String], [String]) = ([], [])
      _ = try Simulation(Schedule(seed: seed)) { first.append($0) }.run()
      _ = try Simulation(Schedule(seed: seed)) { second.append($0) }.run()
      #expect(first == second)
    }
  }

  @Test("What the scheduler keeps doesn't grow with what it has seen, in a hundred thousand steps")
  func boundedMemory() throws {
    var rank = Schedule.Rank()
    rank.threads = 2
    var schedule = Schedule(
      seed: 1, count: 40_000, ranks: Array(repeating: rank, count: 8), itemTime: .uniform(1_000_000), delay: 20_000)
    schedule.rule = .items(1)
    schedule.retries = 1
    schedule.results = (0..<schedule.count).map { $0 % 5 == 0 ? .throwsFirst(1) : .fine }
    let figures = try Simulation(schedule).run()
    #expect(figures.steps > 100_000)
    #expect(figures.again == 8_000)
    #expect(figures.footprint < 400)
  }

  @Test("Messages of 50 ms leave the ranks at work", arguments: [(4, 1), (4, 10), (4, 100), (16, 10), (16, 100)])
  func slowNetwork(ranks: Int, milliseconds: Int) throws {
    // The first items are there after 100 ms, and what they took is known after 200.
    let share = try Efficiency.share(
      item: milliseconds * 1_000_000, ranks: ranks, ideal: 10_000_000_000, delay: 50_000_000)
    #expect(share > 0.95)
  }

  @Test("Those of a machine cost nothing", arguments: [(4, 1), (4, 10), (4, 100), (16, 10), (16, 100)])
  func quickNetwork(ranks: Int, milliseconds: Int) throws {
    let share = try Efficiency.share(
      item: milliseconds * 1_000_000, ranks: ranks, ideal: 10_000_000_000, delay: 20_000)
    #expect(share > 0.99)
  }
}
