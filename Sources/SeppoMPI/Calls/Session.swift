import SeppoTransport
import SeppoWire
import Synchronization

/// This process's part in the job: MPI, the ranks, and the calls that they make together.
///
/// One for each process. What changes in it is changed only by the thread that holds the gate (one call at a time, and the
/// gate's atomic orders them): that is why it is `Sendable`.
final class Session: @unchecked Sendable {
  /// Started at the first question.
  static let shared: Session = {
    do {
      return try Session()
    } catch {
      Console.fail("MPI could not be started: \(error)", onlyAtRoot: true)
      exit(1)
    }
  }()

  let rank: Int
  let size: Int
  let host = Seppo.hostName
  let communicator: Communicator
  /// What this rank's compute threads have in hand.
  let hands: Hands
  /// Says how this process ended, where it can't itself.
  let sentinel: Sentinel
  let pool: ComputePool
  /// `SEPPO_CHECK=1`: everything goes through the wire, one rank's own items too.
  let checksWire: Bool
  /// Compute threads where the program doesn't say how many: `SEPPO_THREADS`, or 1; nil where that isn't a number.
  let defaultThreads: Int?

  private let environment: MPIEnvironment
  /// What the communicator said of it at the last pause.
  private var moved = 0
  private let gate = Atomic<Bool>(false)
  private var sites: [CallSite.Key: CallSite] = [:]
  private var calls = 0
  /// On rank 0: what the other ranks have said of the call that they have come to, until it is looked at.
  var entries: [Int: Entry] = [:]
  /// After this error the ranks are no longer together, and every further call throws it.
  private(set) var broken: SeppoError?
  var phase = Phase.beforeRun

  enum Phase { case beforeRun, running, ended }

  private init() throws {
    sentinel = Sentinel(host: host)
    hands = sentinel.page.hands
    pool = ComputePool(hands)
    environment = try MPIEnvironment.start()
    communicator = try Communicator(splitSize: Session.splitSize)
    rank = communicator.rank
    size = communicator.size
    if size == 1, let launched = Launcher.ranks, launched > 1 {
      throw MPIStartError.launcherUnknown(launched: launched)
    }
    checksWire = getenv("SEPPO_CHECK").map { String(cString: $0) == "1" } ?? false
    defaultThreads = getenv("SEPPO_THREADS").map { String(cString: $0) }.map { $0.isEmpty ? 1 : Int($0) } ?? 1
    if size > 1 { Console.flushEveryLine() }
    sentinel.begin(rank: rank)
    ProcessExit.watch()
  }

  /// `SEPPO_SPLIT_BYTES`: the longest piece in which messages travel; for tests of what is longer.
  private static var splitSize: Int {
    guard let text = getenv("SEPPO_SPLIT_BYTES"), let bytes = Int(String(cString: text)),
      (1...Communicator.largestSplit).contains(bytes)
    else { return Communicator.largestSplit }
    return bytes
  }

  var isRoot: Bool { rank == 0 }

  /// Makes a call that all ranks make together: counts it, and keeps other threads of this rank out until it ends.
  ///
  /// - Throws: `SeppoError`, where such a call can't be made here.
  func call<Value>(
    _ call: String, at place: Place, types: [Any.Type] = [], _ body: (CallSignature) throws -> Value
  ) throws -> Value {
    let surroundings = Surroundings.current
    guard surroundings == .everyRank else {
      throw SeppoError.nested(call: call, inside: surroundings.name, place: place.text)
    }
    guard phase == .running else { throw SeppoError.outsideRun(call: call, place: place.text) }
    guard environment.allowsThisThread else { throw SeppoError.wrongThread(call: call, place: place.text) }
    guard gate.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
      throw SeppoError.overlapping(call: call, place: place.text)
    }
    defer { gate.store(false, ordering: .releasing) }
    if let broken { throw broken }
    calls += 1
    let signature = CallSignature(number: calls, site: site(of: call, at: place, types: types))
    sentinel.page.enter(signature.site, number: calls)
    defer { sentinel.page.leave() }
    do {
      return try body(signature)
    } catch let error as MPIError {
      let error = SeppoError(error, rank: rank, host: host)
      broken = error
      throw error
    } catch let error as SeppoError {
      if case .diverged = error { broken = error }
      throw error
    }
  }

  private func site(of call: String, at place: Place, types: [Any.Type]) -> CallSite {
    let key = CallSite.Key(call: call, place: place, types: types)
    if let site = sites[key] { return site }
    let site = CallSite(call: call, place: place, types: types)
    sites[key] = site
    return site
  }

  /// Whether this thread may make MPI calls from now on: it is the one in a call, or no other is and none can be any more.
  func takesOver() -> Bool {
    switch Surroundings.current {
    case .item: false
    case .atRoot: true
    case .everyRank:
      gate.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }
  }

  /// Moves messages, and gives the next one that belongs to the call at hand.
  func poll() throws -> Message? {
    while let message = try communicator.poll() {
      switch message.kind {
      case .failed:
        // An error has left the body on another rank: the job ends here and now.
        Console.write(try Control.decode(String.self, from: message.bytes, rank: rank, host: host))
        abort(status: 1)
      case .enter:
        entries[message.source] = try Entry(message)
        return message
      default:
        return message
      }
    }
    return nil
  }

  func send<Value: Encodable & Sendable>(_ value: Value, to rank: Int, kind: MessageKind) throws {
    try send(Control.encode(value), to: rank, kind: kind)
  }

  /// Sends what was written, with the memory that was lent to it.
  func send(_ writer: _WireWriter, _ lent: LentMemory = LentMemory(), to rank: Int, kind: MessageKind) throws {
    let bytes = UnsafeRawBufferPointer(writer.bytes)
    if lent.isEmpty { return try communicator.send(bytes, keeping: writer, to: rank, kind: kind) }
    try communicator.send(lent.pieces(in: bytes), keeping: Sent(writer: writer, lent: lent), to: rank, kind: kind)
  }

  /// Keeps what is being sent.
  private final class Sent {
    let writer: _WireWriter
    let lent: LentMemory

    init(writer: _WireWriter, lent: LentMemory) {
      self.writer = writer
      self.lent = lent
    }
  }

  /// Tells every other rank how a call ended.
  func sendToAll(_ outcome: Outcome) throws {
    guard size > 1 else { return }
    let writer = try outcome.encoded()
    for rank in 1..<size { try send(writer, to: rank, kind: .finish) }
  }

  /// Waits as the back-off says; a chunk that is done ends the wait.
  func pause(_ backoff: inout Backoff) {
    if communicator.moved != moved { backoff.reset() }
    moved = communicator.moved
    let pause = backoff.next()
    guard case .sleep(let nanoseconds) = pause else { return rest(pause) }
    pool.wait(nanoseconds: nanoseconds)
  }

  /// Waits, in the same way, until the body gives something.
  func wait<Value>(until body: () throws -> Value?) throws -> Value {
    var backoff = Backoff()
    while true {
      if let value = try body() { return value }
      pause(&backoff)
    }
  }

  /// Whether MPI has been ended by the program that had started it.
  var mpiHasEnded: Bool { environment.hasEnded }

  /// Ends MPI in this process: where the process goes on, only if we started it.
  func end(withProcess: Bool = false) throws {
    phase = .ended
    try communicator.flush()
    try communicator.free()
    try environment.end(withProcess: withProcess)
    sentinel.dismiss()
  }

  /// Ends the job on every rank, with what was printed so far.
  func abort(status: Int32) -> Never {
    phase = .ended
    sentinel.dismiss()
    fflush(nil)
    // The launcher reads from a pipe what ranks print, and passes it on; what it hasn't when the job ends is lost (seen with
    // Open MPI 5, once in many runs). When it has can't be seen from here.
    if Launcher.ranks != nil { rest(.sleep(nanoseconds: 100_000_000)) }
    communicator.abort(status: status)
  }
}

extension SeppoError {
  init(_ error: MPIError, rank: Int, host: String) {
    self = .mpi(call: error.call, errorClass: Int(error.errorClass), text: error.text, rank: rank, host: host)
  }
}
