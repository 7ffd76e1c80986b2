/// Future events, the earliest first; events at the same time are in the order of insertion.
struct EventQueue {
  enum Kind: Sendable {
    case arrives, computed, timeIsUp, rankPolls, rootPolls, joins, dies, deathNoticed, stops, refuses
  }

  struct Event {
    var time: Int
    var serial: Int
    var kind: Kind
    var rank: Int
    /// A thread of the rank, or the slot of a message.
    var place = 0
    /// Tells whether the event is still current.
    var token = 0
  }

  /// A binary heap.
  private(set) var events: [Event] = []
  private var serial = 0

  var isEmpty: Bool { events.isEmpty }

  mutating func add(_ kind: Kind, at time: Int, rank: Int, place: Int = 0, token: Int = 0) {
    serial += 1
    events.append(Event(time: time, serial: serial, kind: kind, rank: rank, place: place, token: token))
    events.withUnsafeMutableBufferPointer { heap in
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard EventQueue.isBefore(heap[child], heap[parent]) else { return }
        heap.swapAt(child, parent)
        child = parent
      }
    }
  }

  mutating func takeFirst() -> Event? {
    guard let first = events.first else { return nil }
    events[0] = events[events.count - 1]
    events.removeLast()
    events.withUnsafeMutableBufferPointer { heap in
      var parent = 0
      while true {
        let left = 2 * parent + 1
        guard left < heap.count else { return }
        let right = left + 1
        let child = right < heap.count && EventQueue.isBefore(heap[right], heap[left]) ? right : left
        guard EventQueue.isBefore(heap[child], heap[parent]) else { return }
        heap.swapAt(parent, child)
        parent = child
      }
    }
    return first
  }

  private static func isBefore(_ one: Event, _ other: Event) -> Bool {
    one.time == other.time ? one.serial < other.serial : one.time < other.time
  }
}
