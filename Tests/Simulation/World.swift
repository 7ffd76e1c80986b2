/// What all that is simulated shares: the clock, chance, and what is under way.
final class World {
  let schedule: Schedule
  var random: Seeded
  /// Nanoseconds.
  private(set) var now = 0
  private(set) var queue = EventQueue()
  /// How often each item was begun, anywhere.
  var tries: [Int]
  private let trace: ((String) -> Void)?

  /// Letters under way, by place.
  private var letters: [Letter?] = []
  private var freePlaces: [Int] = []
  private(set) var lettersUnderWay = 0
  /// When the last letter arrives, from rank 0 and to it, by rank: they don't overtake each other.
  private var lastFromRoot: [Int]
  private var lastToRoot: [Int]

  init(_ schedule: Schedule, trace: ((String) -> Void)?) {
    self.schedule = schedule
    self.trace = trace
    random = Seeded(schedule.seed ^ 0x5EED)
    tries = Array(repeating: 0, count: schedule.count)
    lastFromRoot = Array(repeating: 0, count: schedule.ranks.count)
    lastToRoot = lastFromRoot
  }

  func note(_ text: @autoclosure () -> String) {
    if let trace { trace("\(now) \(text())") }
  }

  func look() -> Int { random.below(schedule.looks) }

  func after(_ delay: Int, _ kind: EventQueue.Kind, rank: Int, place: Int = 0, token: Int = 0) {
    queue.add(kind, at: now + delay, rank: rank, place: place, token: token)
  }

  /// The next event; the clock is set to it.
  func next() -> EventQueue.Event? {
    guard let event = queue.takeFirst() else { return nil }
    now = event.time
    return event
  }

  /// Rank 0 hasn't been told that the rank is there, or the rank isn't.
  func send(_ letter: Letter, rank: Int) {
    let usual = now + schedule.delay + random.below(schedule.jitter)
    let time: Int
    if letter.comesFromRoot {
      time = max(usual, lastFromRoot[rank])
      lastFromRoot[rank] = time
    } else {
      time = max(usual, lastToRoot[rank])
      lastToRoot[rank] = time
    }
    let place: Int
    if let free = freePlaces.popLast() {
      place = free
      letters[place] = letter
    } else {
      place = letters.count
      letters.append(letter)
    }
    lettersUnderWay += 1
    queue.add(.arrives, at: time, rank: rank, place: place)
  }

  func letter(at place: Int) -> Letter {
    guard let letter = letters[place] else { preconditionFailure("no letter") }
    return letter
  }

  func takeLetter(at place: Int) -> Letter {
    let letter = letter(at: place)
    letters[place] = nil
    freePlaces.append(place)
    lettersUnderWay -= 1
    return letter
  }
}
