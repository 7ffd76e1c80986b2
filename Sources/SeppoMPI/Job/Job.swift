import SeppoCompute
import SeppoProcess
import SeppoTransport
import SeppoWire
import Synchronization

/// A job as seen by one of its ranks: the ranks, and their collective calls.
///
/// `Sendable` because only the thread in a call changes its state, and the gate orders the calls.
final class Job: @unchecked Sendable {
  let members: Members
  let settings: Settings
  let log: Log
  let limits: MemoryLimits
  let transport: any Transport
  let process: JobProcess
  let pool: ComputePool
  /// Answers messages while the calling thread computes.
  private(set) lazy var deputy = Deputy()
  let sharedCalls: SharedCalls
  let channel: Channel
  let gate: CallGate
  let heartbeat: Heartbeat
  let shutdown: Shutdown
  let roundTrips: RoundTripCheck
  let rounds: CheckpointRounds
  /// Shows and records what the job does; on rank 0 of a job of processes only.
  let observer: JobObserver?

  /// A collective operation: all ranks create the job together.
  ///
  /// - Parameter hosts: The host of each rank.
  init(
    _ transport: any Transport, hosts: [String], settings: Settings, log: Log, process: JobProcess,
    rounds: CheckpointRounds = CheckpointRounds(), roundTrips: RoundTripCheck? = nil,
    sharedCalls: SharedCalls.Use? = nil, observer: JobObserver? = nil
  ) throws {
    self.transport = transport
    self.settings = settings
    self.log = log
    self.process = process
    members = Members(rank: transport.rank, hosts: hosts)
    limits = MemoryLimits(freeingCaches: { [buffers = transport.buffers] in buffers.empty() })
    pool = ComputePool(process.slots)
    channel = Channel(transport, limits)
    gate = CallGate(process)
    // The ranks agree on the limit, because a launcher may not give every rank the same environment.
    heartbeat = Heartbeat(members, channel, log, limit: try transport.agree(settings.heartbeatTimeout))
    self.observer = observer
    shutdown = Shutdown(members, transport, channel, pool, gate, process, observer)
    self.rounds = rounds
    self.sharedCalls = SharedCalls(
      sharedCalls ?? settings.sharedCalls.flatMap { SharedCalls.Use(rawValue: $0) } ?? .automatic, ranks: transport.size
    )
    self.roundTrips = roundTrips ?? RoundTripCheck(checksAlways: settings.checksWire)
    channel.dispatch = { [unowned self] in try dispatch($0) }
    transport.whileWaiting = { [unowned self] in try checkRanks() }
    transport.mayReceive = { [unowned self] bytes, source in try checkMemory(for: bytes, from: source) }
  }

  var rank: Int { members.rank }
  var size: Int { members.size }
  var isRoot: Bool { members.isRoot }
  var host: String { members.host }
  var hosts: [String] { members.hosts }
  var report: Report { process.report }
  var slots: InFlightSlots { process.slots }
  var endRequest: EndRequest { process.endRequest }
  /// Whether this host has fewer cores than ranks, so that a rank that waits should leave its core to others.
  private(set) lazy var isCrowded = members.here > Binding.cores(ofProcess: "self") ?? 1
  /// The number of items that this rank computes at the same time, in the current call.
  private let itemsAtOnce = Atomic<Int>(1)
  var threads: Int {
    get { itemsAtOnce.load(ordering: .relaxed) }
    set { itemsAtOnce.store(newValue, ordering: .relaxed) }
  }
  var checksWire: Bool { settings.checksWire }
  /// Whether the current call is made on a thread of its own, beside the program's code.
  var isBesideProgram = false
  /// The current call.
  var current: CallGate.Call { gate.current }

  /// Makes a collective call.
  ///
  /// - Parameters:
  ///   - seed: The seed on which the call's results depend, if any.
  ///   - rootMayBeAway: Whether rank 0 runs the program's own code within it, so that it may not answer heartbeats.
  /// - Throws: `SeppoError` if the call is not allowed here.
  func call<Value>(
    _ name: String, at place: Place, types: [Any.Type] = [], seed: Int? = nil, rootMayBeAway: Bool = false,
    _ body: (CallSignature) throws -> Value
  ) throws -> Value {
    try gate.pass(name, at: place, types: types, seed: seed) { signature in
      let number = signature.number
      members.beginCall()
      heartbeat.beginCall(rootMayBeAway: rootMayBeAway)
      process.page.enter(name, at: signature.site.place, number: number)
      defer { process.page.leave() }
      log.debug("call \(number), \(name) at \(place.text): starts")
      do {
        let value = try body(signature)
        log.debug("call \(number), \(name) at \(place.text): is done")
        return value
      } catch let outOfMemory as OutOfMemory {
        try shutdown.endJob(outOfMemory.error, at: place)
      } catch {
        let error = translate(error)
        log.debug("call \(number), \(name) at \(place.text): throws: \(error)")
        throw error
      }
    }
  }

  /// Returns the error for the program. After some errors the ranks are no longer synchronised.
  private func translate(_ error: any Error) -> any Error {
    let translated: SeppoError
    switch error {
    case let error as MPIError: translated = SeppoError(error, rank: rank, host: host)
    case let error as ProtocolError: translated = SeppoError(error, rank: rank, host: host)
    case let error as SeppoError:
      guard case .diverged = error else { return error }
      translated = error
    default: return error
    }
    gate.broken = translated
    return translated
  }

  /// Returns an error of the program's code on this rank as all ranks throw it.
  ///
  /// - Parameter kind: makes the error, unless the code has thrown a `SeppoError`.
  func error(
    of thrown: any Error, at place: Place, _ kind: (SeppoError.BodyError) -> SeppoError
  ) -> SeppoError {
    thrown as? SeppoError
      ?? kind(
        .init(host: host, type: String(describing: type(of: thrown)), description: thrown.text, place: place.text))
  }

  /// Handles messages that don't belong to the current call. Returns whether the message concerns the call.
  private func dispatch(_ message: Message) throws -> Bool {
    heartbeat.hear(message.source)
    func content<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try Control.decode(type, from: message.bytes, rank: rank, host: host)
    }
    switch message.kind {
    case .failed: try shutdown.followError(try content(String.self))
    case .ended: try shutdown.followEnd(by: try content([Int32].self).first)
    case .enter: members.entries[message.source] = try CallEntry(message)
    case .ping:
      // A request from an earlier call doesn't show that rank 0 has joined this one.
      if try content([Int].self).first == current.number { members.join(0) }
      try send([Int](), to: message.source, kind: .pong)
      return false
    case .pong: return false
    case .work: members.join(0)
    case .sharedMemory:
      guard message.bytes.count == MemoryLayout<SharedSegment.Address>.size else {
        throw ProtocolError("the address of shared memory arrived in an invalid form")
      }
      sharedCalls.open(message.bytes.loadUnaligned(as: SharedSegment.Address.self), rank: rank)
      return false
    case .askedToStop:
      shutdown.otherRanksRequest = try content(Int32.self)
      return false
    default: break
    }
    return true
  }
}

/// Messages and waiting.
extension Job {
  func send<Value: Encodable & Sendable>(_ value: Value, to rank: Int, kind: MessageKind) throws {
    try channel.send(value, to: rank, kind: kind)
  }

  func send(_ writer: WireWriter, _ lent: LentMemory = LentMemory(), to rank: Int, kind: MessageKind) throws {
    try channel.send(writer, lent, to: rank, kind: kind)
  }

  /// Records that a rank has joined the current call by shared memory.
  func noteJoined(_ rank: Int) {
    if members.hasJoined(rank) { return }
    members.join(rank)
    heartbeat.hear(rank)
  }

  /// On rank 0: sends the call's outcome to every other rank.
  func sendToAll(_ outcome: CallOutcome) throws {
    guard size > 1 else { return }
    let writer = try outcome.encoded()
    for rank in 1..<size { try send(writer, to: rank, kind: .finish) }
  }

  /// On rank 0: sends the call's outcome to every other rank, and waits until the messages have been sent.
  func finish(_ outcome: CallOutcome) throws {
    try sendToAll(outcome)
    try channel.flush()
  }

  /// Makes progress, and returns the next message for the current call.
  func poll() throws -> Message? { try endingJobIfOutOfMemory { try channel.poll() } }

  /// Waits for the back-off's next interval. A finished chunk ends the wait.
  func pause(_ backoff: inout Backoff) throws {
    if channel.hasMoved() { backoff.reset() }
    let pause = backoff.next()
    guard case .sleep(let nanoseconds) = pause else { return rest(pause) }
    pool.wait(nanoseconds: nanoseconds)
    try checkRanks()
  }

  /// Waits, with back-off, until the body returns a value.
  func wait<Value>(until body: () throws -> Value?) throws -> Value {
    var backoff = Backoff()
    while true {
      if let value = try body() { return value }
      try pause(&backoff)
    }
  }

  /// Ends the job if a rank for which this rank waits doesn't respond. Called repeatedly during a call, whether this
  /// rank waits or is busy.
  func checkRanks(at now: Int = monotonicNanoseconds()) throws {
    guard let lost = try endingJobIfOutOfMemory({ try heartbeat.beat(at: now, in: current) }) else { return }
    try shutdown.endJob(
      SeppoError.ranksUnresponsive(
        .init(
          ranks: members.named(lost.ranks.sorted()), seconds: Double(lost.nanoseconds) / 1e9, call: current.name,
          place: current.place.text)), at: current.place, ranksAreUnresponsive: true)
  }
}

/// Compute threads.
extension Job {
  /// Lends the kernel to the compute threads until `pool.end`.
  func beginComputing(_ kernel: @escaping ChunkKernel, threads: Int) throws(SeppoError) {
    sharedCalls.noteComputing()
    do throws(ThreadCreationError) { try pool.begin(kernel, threads: threads) } catch {
      throw SeppoError(error, rank: rank, host: host)
    }
  }

  /// Whether another thread of this rank runs the program's code: items, or what consumes their results.
  var isComputing: Bool { isBesideProgram || pool.isRunning || sharedCalls.exist && deputy.isComputing }

  func submit(_ task: any ComputeTask) throws(SeppoError) {
    do throws(ThreadCreationError) { try pool.submit(task) } catch { throw SeppoError(error, rank: rank, host: host) }
  }
}
