import SeppoCompute
import SeppoProcess
import SeppoTransport
import SeppoWire

/// This rank's part in a job: the ranks, and the calls that they make together.
///
/// What changes in it is changed only by the thread that is in a call (one at a time; the gate orders them): that is why it is
/// `Sendable`.
final class Job: @unchecked Sendable {
  let members: Members
  let settings: Settings
  let log: Log
  let limits: MemoryLimits
  let transport: any Transport
  let process: JobProcess
  let pool: ComputePool
  let channel: Channel
  let gate: CallGate
  let heartbeat: Heartbeat
  let shutdown: Shutdown
  let roundTrips: RoundTripCheck
  let rounds: CheckpointRounds

  /// The ranks make it together.
  ///
  /// - Parameter hosts: the machine of each rank.
  init(
    _ transport: any Transport, hosts: [String], settings: Settings, log: Log, process: JobProcess,
    rounds: CheckpointRounds = CheckpointRounds(), roundTrips: RoundTripCheck? = nil
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
    // Launchers don't give every rank the same environment.
    heartbeat = Heartbeat(members, channel, log, limit: try transport.agree(settings.heartbeatTimeout))
    shutdown = Shutdown(members, transport, channel, pool, gate, process)
    self.rounds = rounds
    self.roundTrips = roundTrips ?? RoundTripCheck(checksAlways: settings.checksWire)
    channel.dispatch = { [unowned self] in try dispatch($0) }
    transport.whileWaiting = { [unowned self] in try attend() }
    transport.mayReceive = { [unowned self] bytes, source in try checkRoom(for: bytes, from: source) }
  }

  var rank: Int { members.rank }
  var size: Int { members.size }
  var isRoot: Bool { members.isRoot }
  var host: String { members.host }
  var hosts: [String] { members.hosts }
  var report: Report { process.report }
  var slots: InFlightSlots { process.slots }
  var endRequest: EndRequest { process.endRequest }
  var checksWire: Bool { settings.checksWire }
  /// The call at hand.
  var current: CallGate.Call { gate.current }

  /// Makes a call that all ranks make together.
  ///
  /// - Throws: `SeppoError`, where such a call can't be made here.
  /// - Parameter rootMayBeAway: whether rank 0 runs the program's own code within it, so that the others can't expect to hear
  ///   of it.
  func call<Value>(
    _ name: String, at place: Place, types: [Any.Type] = [], rootMayBeAway: Bool = false,
    _ body: (CallSignature) throws -> Value
  ) throws -> Value {
    try gate.pass(name, at: place, types: types) { signature in
      let number = signature.number
      members.beginCall()
      heartbeat.beginCall(rootMayBeAway: rootMayBeAway)
      process.page.enter(name, at: signature.site.place, number: number)
      defer { process.page.leave() }
      log.debug("call \(number), \(name) at \(place.text): begins")
      do {
        let value = try body(signature)
        log.debug("call \(number), \(name) at \(place.text): is done")
        return value
      } catch let noRoom as NoRoom {
        try shutdown.endJob(noRoom.error, at: place)
      } catch {
        let error = understand(error)
        log.debug("call \(number), \(name) at \(place.text): throws: \(error)")
        throw error
      }
    }
  }

  /// The error as the program gets it; after some the ranks are no longer together.
  private func understand(_ error: any Error) -> any Error {
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

  /// Whether the message is for the call at hand; others are dealt with here.
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
      // One of an earlier call says nothing of this one.
      if try content([Int].self).first == current.number { members.come(0) }
      try send([Int](), to: message.source, kind: .pong)
      return false
    case .pong: return false
    case .work: members.come(0)
    case .askedToStop:
      shutdown.othersRequest = try content(Int32.self)
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

  func send(_ writer: _WireWriter, _ lent: LentMemory = LentMemory(), to rank: Int, kind: MessageKind) throws {
    try channel.send(writer, lent, to: rank, kind: kind)
  }

  /// On rank 0: tells every other rank how a call ended.
  func sendToAll(_ outcome: CallOutcome) throws {
    guard size > 1 else { return }
    let writer = try outcome.encoded()
    for rank in 1..<size { try send(writer, to: rank, kind: .finish) }
  }

  /// On rank 0: tells every other rank how a call ended, and waits until that has left.
  func finish(_ outcome: CallOutcome) throws {
    try sendToAll(outcome)
    try channel.flush()
  }

  /// Moves messages, and gives the next one that belongs to the call at hand.
  func poll() throws -> Message? { try endingWithoutRoom { try channel.poll() } }

  /// Waits as the back-off says; a chunk that is done ends the wait.
  func pause(_ backoff: inout Backoff) throws {
    if channel.hasMoved() { backoff.reset() }
    let pause = backoff.next()
    guard case .sleep(let nanoseconds) = pause else { return rest(pause) }
    pool.wait(nanoseconds: nanoseconds)
    try attend()
  }

  /// Waits, in the same way, until the body gives something.
  func wait<Value>(until body: () throws -> Value?) throws -> Value {
    var backoff = Backoff()
    while true {
      if let value = try body() { return value }
      try pause(&backoff)
    }
  }

  /// To be called again and again in a call, whether this rank waits or is busy: ends the job where a rank that it waits for
  /// isn't there.
  func attend(at now: Int = monotonicNanoseconds()) throws {
    guard let lost = try endingWithoutRoom({ try heartbeat.beat(at: now, in: current) }) else { return }
    try shutdown.endJob(
      SeppoError.ranksUnresponsive(
        .init(
          ranks: members.named(lost.ranks.sorted()), seconds: Double(lost.nanoseconds) / 1e9, call: current.name,
          place: current.place.text)), at: current.place, ranksAreSilent: true)
  }
}

/// Compute threads.
extension Job {
  /// Lends the kernel to the compute threads until `pool.end`.
  func beginComputing(_ kernel: @escaping ChunkKernel, threads: Int) throws(SeppoError) {
    do throws(ThreadCreationError) { try pool.begin(kernel, threads: threads) } catch {
      throw SeppoError(error, rank: rank, host: host)
    }
  }

  func submit(_ task: any ComputeTask) throws(SeppoError) {
    do throws(ThreadCreationError) { try pool.submit(task) } catch { throw SeppoError(error, rank: rank, host: host) }
  }
}
