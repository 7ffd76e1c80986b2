/// The shared state of a simulation: the clock, the random generator and the messages in flight.
final class Environment {
  let schedule: Schedule
  var random: SplitMix64
  /// The time in nanoseconds.
  private(set) var now = 0
  private(set) var queue = EventQueue()
  /// How often each item was started on any rank.
  var tries: [Int]
  private let trace: ((String) -> Void)?

  /// The messages in flight, by slot.
  private var messages: [SimulatedMessage?] = []
  private var freePlaces: [Int] = []
  private(set) var messagesInFlight = 0
  /// When the last message from and to rank 0 arrives, for each rank: messages don't overtake each other.
  private var lastFromRoot: [Int]
  private var lastToRoot: [Int]

  init(_ schedule: Schedule, trace: ((String) -> Void)?) {
    self.schedule = schedule
    self.trace = trace
    random = SplitMix64(schedule.seed ^ 0x5EED)
    tries = Array(repeating: 0, count: schedule.count)
    lastFromRoot = Array(repeating: 0, count: schedule.ranks.count)
    lastToRoot = lastFromRoot
  }

  func note(_ text: @autoclosure () -> String) {
    if let trace { trace("\(now) \(text())") }
  }

  func pollDelay() -> Int { random.below(schedule.pollInterval) }

  func after(_ delay: Int, _ kind: EventQueue.Kind, rank: Int, place: Int = 0, token: Int = 0) {
    queue.add(kind, at: now + delay, rank: rank, place: place, token: token)
  }

  /// Returns the next event and advances the clock to it.
  func next() -> EventQueue.Event? {
    guard let event = queue.takeFirst() else { return nil }
    now = event.time
    return event
  }

  /// Sends a message from rank 0 to the rank or from the rank to rank 0, depending on its kind.
  func send(_ message: SimulatedMessage, rank: Int) {
    let usual = now + schedule.delay + random.below(schedule.jitter)
    let time: Int
    if message.comesFromRoot {
      time = max(usual, lastFromRoot[rank])
      lastFromRoot[rank] = time
    } else {
      time = max(usual, lastToRoot[rank])
      lastToRoot[rank] = time
    }
    let place: Int
    if let free = freePlaces.popLast() {
      place = free
      messages[place] = message
    } else {
      place = messages.count
      messages.append(message)
    }
    messagesInFlight += 1
    queue.add(.arrives, at: time, rank: rank, place: place)
  }

  func message(at place: Int) -> SimulatedMessage {
    guard let message = messages[place] else { preconditionFailure("the slot holds no message") }
    return message
  }

  func takeMessage(at place: Int) -> SimulatedMessage {
    let message = message(at: place)
    messages[place] = nil
    freePlaces.append(place)
    messagesInFlight -= 1
    return message
  }
}
