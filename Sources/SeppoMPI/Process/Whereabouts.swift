/// What this rank is doing, for who asks from outside: on SIGQUIT (`kill -QUIT`, Ctrl-\) it is written to standard error,
/// one line, and the rank goes on.
///
/// A signal handler may neither allocate nor lock, so everything stands ready in memory that is never freed.
enum Whereabouts {
  private struct State {
    var rank = 0
    var number = 0
    var call: UnsafePointer<CChar>?
    var file: UnsafePointer<UInt8>?
    var line: UInt = 0
    var firstItem = -1
    var lastItem = -1
  }

  /// Only the thread in a call writes; the handler reads words that are each written whole, and at worst mixes two calls.
  nonisolated(unsafe) private static let state: UnsafeMutablePointer<State> = {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(to: State())
    return state
  }()

  static func start(rank: Int) {
    state.pointee.rank = rank
    // Whoever has a use of their own for the signal keeps it.
    var current = sigaction()
    guard sigaction(SIGQUIT, nil, &current) == 0, isDefault(current) else { return }
    signal(SIGQUIT) { _ in Whereabouts.say() }
  }

  private static func isDefault(_ action: sigaction) -> Bool {
    #if canImport(Darwin)
      unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 0
    #else
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
    #endif
  }

  static func enter(call: String, number: Int, place: Place) {
    state.pointee.call = names.of(call)
    state.pointee.file = place.fileID.utf8Start
    state.pointee.line = place.line
    state.pointee.number = number
    state.pointee.firstItem = -1
  }

  static func leave() { state.pointee.call = nil }

  /// The chunk that this rank was given last.
  static func note(chunk: Range<Int>) {
    state.pointee.firstItem = chunk.lowerBound
    state.pointee.lastItem = chunk.upperBound - 1
  }

  /// Names of calls as C strings: a handful, kept for ever.
  private struct Names {
    var known: [String: UnsafePointer<CChar>] = [:]

    mutating func of(_ name: String) -> UnsafePointer<CChar>? {
      if let known = known[name] { return known }
      let copy = strdup(name).map { UnsafePointer($0) }
      known[name] = copy
      return copy
    }
  }

  /// Only the thread in a call asks, and calls are made one at a time.
  nonisolated(unsafe) private static var names = Names()

  private static func say() {
    // The interrupted call may be about to look at it.
    let interrupted = errno
    defer { errno = interrupted }
    // Room for the longest line; cut off rather than overrun.
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
      var length = 0
      func put(_ byte: UInt8) {
        guard length < buffer.count - 1 else { return }
        buffer[length] = byte
        length += 1
      }
      func put(_ text: StaticString) { for index in 0..<text.utf8CodeUnitCount { put(text.utf8Start[index]) } }
      func put(bytes: UnsafeRawPointer?) {
        guard var next = bytes else { return }
        while case let byte = next.load(as: UInt8.self), byte != 0 {
          put(byte)
          next += 1
        }
      }
      func put(number: Int) {
        if number >= 10 { put(number: number / 10) }
        put(UInt8(48 + max(0, number) % 10))
      }
      let state = state.pointee
      put("Seppo: rank ")
      put(number: state.rank)
      if let call = state.call {
        put(" is in call ")
        put(number: state.number)
        put(", ")
        put(bytes: call)
        put(" at ")
        put(bytes: state.file)
        put(":")
        put(number: Int(state.line))
        if state.firstItem >= 0 {
          put(", given last: items ")
          put(number: state.firstItem)
          put(" to ")
          put(number: state.lastItem)
        }
      } else {
        put(" is in the program's own code, after call ")
        put(number: state.number)
      }
      buffer[length] = 10
      _ = write(2, buffer.baseAddress, length + 1)
    }
  }
}
