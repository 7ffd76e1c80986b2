import SeppoSimulation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Simulates maps: `Simulate --seed 4711 [--trace]` replays one, `Simulate --from 0 --count 10000` many;
/// `Simulate --efficiency MS` says what ranks make of their time where messages take so many milliseconds.
@main
struct Simulate {
  static func main() {
    var (from, count, isOne, traces) = (UInt64(0), UInt64(10_000), false, false)
    var words = CommandLine.arguments.dropFirst()
    func number(after word: String) -> UInt64 {
      guard let number = words.popFirst().flatMap({ UInt64($0) }) else { misused("\(word) takes a whole number") }
      return number
    }
    while let word = words.popFirst() {
      switch word {
      case "--seed": (from, count, isOne) = (number(after: word), 1, true)
      case "--from": from = number(after: word)
      case "--count": count = number(after: word)
      case "--trace": traces = true
      case "--efficiency":
        let delay = Int(number(after: word)) * 1_000_000
        print((try? Efficiency.table(delay: delay)) ?? "the books don't hold")
        return
      default: misused("there is no option \(word)")
      }
    }
    var failed = 0
    var figures = Figures()
    for seed in from..<(from + count) {
      let schedule = Schedule(seed: seed)
      if isOne { print(schedule) }
      do {
        let one = try Simulation(schedule, trace: traces ? { print($0) } : nil).run()
        if isOne { print(one) }
        figures.add(one)
      } catch {
        print("seed \(seed): \(error)")
        failed += 1
      }
    }
    if !isOne { print("\(count) schedules, \(failed) failed; \(figures)") }
    if failed > 0 { exit(1) }
  }

  private static func misused(_ what: String) -> Never {
    print("Simulate: \(what)", "usage: Simulate --seed N [--trace] | --from N --count N | --efficiency MS", separator: "\n")
    exit(64)
  }
}
