import SeppoSimulation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The seed of the current schedule. `nonisolated(unsafe)` because a single thread writes it and the signal handler
/// `reportTrap` reads it on the same thread.
nonisolated(unsafe) private var currentSeed = UInt64(0)

/// Reports the seed when a failed precondition of the engine traps, and ends the program.
private func reportTrap(_ signal: CInt) {
  print("seed \(currentSeed): a precondition of the engine failed")
  exit(1)
}

/// Simulates maps. `Simulate --seed 4711 [--trace]` replays one schedule. `Simulate --from 0 --count 10000` runs many,
/// with `--first` up to the first failure. `Simulate --efficiency MS` prints how efficiently the ranks use their time
/// if messages take that number of milliseconds.
@main
struct Simulate {
  static func main() {
    signal(SIGILL, reportTrap)
    signal(SIGTRAP, reportTrap)
    var (from, count, isOne, traces, isFirstEnough) = (UInt64(0), UInt64(10_000), false, false, false)
    var words = CommandLine.arguments.dropFirst()
    func number(after word: String) -> UInt64 {
      guard let number = words.popFirst().flatMap({ UInt64($0) }) else { misused("\(word) needs a whole number") }
      return number
    }
    while let word = words.popFirst() {
      switch word {
      case "--seed": (from, count, isOne) = (number(after: word), 1, true)
      case "--from": from = number(after: word)
      case "--count": count = number(after: word)
      case "--trace": traces = true
      case "--first": isFirstEnough = true
      case "--efficiency":
        let delay = Int(number(after: word)) * 1_000_000
        print((try? SimulatedEfficiency.table(delay: delay)) ?? "the simulation deviates from the reference model")
        return
      default: misused("unknown option \(word)")
      }
    }
    var failed = 0
    var statistics = Statistics()
    for seed in from..<(from + count) {
      currentSeed = seed
      let schedule = Schedule(seed: seed)
      if isOne { print(schedule) }
      do {
        let one = try Simulation(schedule, trace: traces ? { print($0) } : nil).run()
        if isOne { print("ended: \(one.ending), after \(one.time) ns; \(one)") }
        statistics.add(one)
      } catch {
        print("seed \(seed): \(error)")
        failed += 1
        if isFirstEnough { break }
      }
    }
    if !isOne { print("\(count) schedules, \(failed) failed; \(statistics)") }
    let rarities = isOne || isFirstEnough ? [] : statistics.rarities(in: Int(count))
    if !rarities.isEmpty { print("too rare to be tested: \(rarities.joined(separator: ", "))") }
    if failed > 0 || !rarities.isEmpty { exit(1) }
  }

  private static func misused(_ what: String) -> Never {
    print("Simulate: \(what)")
    print("usage: Simulate --seed N [--trace] | [--from N] [--count N] [--first] | --efficiency MILLISECONDS")
    exit(64)
  }
}
