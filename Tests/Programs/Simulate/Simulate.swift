import SeppoSimulation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The seed of the schedule in hand, for `stopped`: one thread only writes it, before a trap that it meets itself.
nonisolated(unsafe) private var seedInHand = UInt64(0)

/// A precondition of the engine's that doesn't hold ends the program: it is said where.
private func stopped(_ signal: CInt) {
  print("seed \(seedInHand): the engine has stopped the program")
  exit(1)
}

/// Simulates maps: `Simulate --seed 4711 [--trace]` replays one, `Simulate --from 0 --count 10000` many, up to the first
/// that fails where `--first` is said;
/// `Simulate --efficiency MS` says what ranks make of their time where messages take so many milliseconds.
@main
struct Simulate {
  static func main() {
    signal(SIGILL, stopped)
    signal(SIGTRAP, stopped)
    var (from, count, isOne, traces, isFirstEnough) = (UInt64(0), UInt64(10_000), false, false, false)
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
      case "--first": isFirstEnough = true
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
      seedInHand = seed
      let schedule = Schedule(seed: seed)
      if isOne { print(schedule) }
      do {
        let one = try Simulation(schedule, trace: traces ? { print($0) } : nil).run()
        if isOne { print("ended: \(one.ending), after \(one.time) ns; \(one)") }
        figures.add(one)
      } catch {
        print("seed \(seed): \(error)")
        failed += 1
        if isFirstEnough { break }
      }
    }
    if !isOne { print("\(count) schedules, \(failed) failed; \(figures)") }
    let rarities = isOne || isFirstEnough ? [] : figures.rarities(in: Int(count))
    if !rarities.isEmpty { print("too rare to be tested: \(rarities.joined(separator: ", "))") }
    if failed > 0 || !rarities.isEmpty { exit(1) }
  }

  private static func misused(_ what: String) -> Never {
    print("Simulate: \(what)")
    print("usage: Simulate --seed N [--trace] | [--from N] [--count N] [--first] | --efficiency MILLISECONDS")
    exit(64)
  }
}
