import SeppoCompute
import SeppoProcess
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
      let isBadSetting = error is BadSetting
      // It may be this rank's alone. Where it is rank 0's too, that has ended the job meanwhile.
      if isBadSetting, Launcher.rank ?? 0 != 0 { usleep(4_000_000) }
      Console.fail(isBadSetting ? "\(error)" : "MPI could not be started: \(error)", onlyAtRoot: !isBadSetting)
      exit(1)
    }
  }()

  let rank: Int
  let size: Int
  let host = Seppo.hostName
  /// The machine of each rank.
  let hosts: [String]
  /// How many of them are on this machine.
  let ranksHere: Int
  let peers: Peers
  let communicator: Communicator
  /// What this rank's compute threads have in hand.
  let hands: Hands
  /// Says how this process ended, where it can't itself.
  let sentinel: Sentinel
  let endRequest: EndRequest
  let pool: ComputePool
  let settings: Settings
  let log: Log
  let report: Report
  var checksWire: Bool { settings.checksWire }
  let limits: MemoryLimits
  /// Bytes of messages since the room for them was looked at.
  var receivedUnlooked = 0

  private let environment: MPIEnvironment
  private var binding = Binding()
  /// What the communicator said of it at the last pause.
  private var moved = 0
  private let gate = Atomic<Bool>(false)
  private var sites: [CallSite.Key: CallSite] = [:]
  /// The call at hand.
  private(set) var current = (number: 0, call: "", place: Place(fileID: "", line: 0, column: 0))
  var attention: Attention
  /// Messages that came while this rank waited for something else, until the call asks for them.
  private var kept: [Message] = []
  /// On rank 0: what the other ranks have said of the call that they have come to, until it is looked at.
  var entries: [Int: Entry] = [:]
  /// On rank 0: how often calls with a checkpoint have begun, by what they are known by.
  private var rounds: [String: Int] = [:]
  private(set) lazy var losses = LossOnTheWay(looksAlways: checksWire)
  /// On rank 0: stores what a map has, where the job ends in the middle of it; see `actForTheLastTime`.
  var lastAct: (() -> Void)?
  private var hasPassedOn = false
  /// On rank 0: the signal by which another rank was asked to stop.
  var othersRequest: Int32?
  /// After this error the ranks are no longer together, and every further call throws it.
  private(set) var broken: SeppoError?
  var phase = Phase.beforeRun {
    didSet { if phase == .ended { StopSignal.cease() } }
  }

  enum Phase { case beforeRun, running, ended }

  private init() throws {
    settings = try Settings(largestSplit: Communicator.largestSplit)
    sentinel = Sentinel(host: host)
    hands = sentinel.page.hands
    pool = ComputePool(hands)
    if Launcher.isLostInStep { throw MPIStartError.stepUnknown(tasks: Launcher.slurmTasks ?? 0) }
    environment = try MPIEnvironment.start()
    communicator = try Communicator(splitSize: settings.splitBytes ?? Communicator.largestSplit)
    limits = MemoryLimits(givingBack: { [buffers = communicator.buffers] in buffers.empty() })
    rank = communicator.rank
    size = communicator.size
    hosts = try communicator.allGather(Seppo.hostName, capacity: 64)
    ranksHere = hosts.count { [hosts, rank] in $0 == hosts[rank] }
    peers = Peers(try communicator.allGather(Peers.own, capacity: Peers.longest))
    log = Log(settings, rank: rank, host: host)
    if size == 1, let launched = Launcher.ranks, launched > 1 {
      throw Launcher.slurmTasks == nil
        ? MPIStartError.launcherUnknown(launched: launched) : MPIStartError.stepUnknown(tasks: launched)
    }
    // Launchers don't give every rank the same environment.
    attention = Attention(
      silence: Silence(limit: try communicator.agree(settings.silence), ranks: size, now: monotonicNanoseconds()))
    if size > 1 { Console.flushEveryLine() }
    report = Report(path: settings.report, isRoot: rank == 0)
    endRequest = EndRequest(rank: rank, host: host, grace: settings.grace, sentinel: sentinel, report: report)
    sentinel.begin(rank: rank)
    endRequest.watch()
    if isRoot { report.begin() }
    ProcessExit.watch()
    if let threads = settings.threads { checkBinding(threads: threads) }
    communicator.whileWaiting = { [unowned self] in try attend() }
    communicator.mayReceive = { [unowned self] bytes, source in try checkRoom(for: bytes, from: source) }
  }

  var isRoot: Bool { rank == 0 }

  /// Rank 0 says it, for itself, where so many compute threads share fewer cores because of how it was launched.
  func checkBinding(threads: Int) {
    guard threads > 1, isRoot, size > 1 || Launcher.ranks != nil else { return }
    binding.check(threads: threads, rank: rank, host: host)
  }

  /// Makes a call that all ranks make together: counts it, and keeps other threads of this rank out until it ends.
  ///
  /// - Throws: `SeppoError`, where such a call can't be made here.
  /// - Parameter rootMayBeAway: whether rank 0 runs the program's own code within it, so that the others can't expect to hear
  ///   of it.
  func call<Value>(
    _ call: String, at place: Place, types: [Any.Type] = [], rootMayBeAway: Bool = false,
    _ body: (CallSignature) throws -> Value
  ) throws -> Value {
    let surroundings = Surroundings.current
    guard surroundings == .everyRank else {
      throw SeppoError.nested(call: call, inside: surroundings.name, place: place.text)
    }
    guard phase == .running else { throw SeppoError.outsideRun(call: call, place: place.text) }
    guard environment.allowsThisThread else { throw SeppoError.wrongThread(call: call, place: place.text) }
    guard gate.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
      // Nobody knows which thread has started another one.
      if hands.isAnyFull {
        throw SeppoError.nested(
          call: call, inside: "an item (or on another thread, while items were computed)", place: place.text)
      }
      throw SeppoError.overlapping(call: call, place: place.text)
    }
    defer { gate.store(false, ordering: .releasing) }
    if let broken { throw broken }
    current = (current.number + 1, call, place)
    beginAttention(rootMayBeAway: rootMayBeAway)
    let signature = CallSignature(number: current.number, site: try site(of: call, at: place, types: types))
    sentinel.page.enter(signature.site.call, at: signature.site.place, number: current.number)
    defer { sentinel.page.leave() }
    log.debug("call \(current.number), \(call) at \(place.text): begins")
    do {
      let value = try body(signature)
      log.debug("call \(current.number), \(call) at \(place.text): is done")
      return value
    } catch let noRoom as NoRoom {
      Failure.endJob(self, noRoom.error, at: place)
    } catch {
      let error = understand(error)
      log.debug("call \(current.number), \(call) at \(place.text): throws: \(error)")
      throw error
    }
  }

  /// On rank 0: the how manieth time a call with this checkpoint begins here.
  ///
  /// Every beginning counts, whatever comes of it. A program may catch an error and go on to its next round, and a job that
  /// resumes may not meet that error: rounds that were counted by how they end would get each other's results.
  func beginRound(of checkpoint: Checkpoint, at place: Place) -> Int {
    let store = checkpoint.store
    let key = "\(store.identity), \(store.label ?? place.text)"
    rounds[key, default: 0] += 1
    return rounds[key, default: 1]
  }

  /// The error as the program gets it; after some the ranks are no longer together.
  private func understand(_ error: any Error) -> any Error {
    if let error = error as? MPIError {
      let error = SeppoError(error, rank: rank, host: host)
      broken = error
      return error
    }
    if let error = error as? SeppoError, case .diverged = error { broken = error }
    return error
  }

  private func site(of call: String, at place: Place, types: [Any.Type]) throws(SeppoError) -> CallSite {
    let key = CallSite.Key(call: call, place: place, types: types)
    if let site = sites[key] { return site }
    try PlainMemoryPromise.check(types, place: place.text)
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
    if !kept.isEmpty { return kept.removeFirst() }
    while let message = try receive() {
      if try take(message) { return message }
    }
    return nil
  }

  /// Takes what came while this rank waits within MPI's own operations.
  func takeControlMessages() throws {
    while let message = try receive() {
      if try take(message) { kept.append(message) }
    }
  }

  /// Whether the message is for the call at hand; others are dealt with here.
  private func take(_ message: Message) throws -> Bool {
    attention.silence.hear(message.source, at: monotonicNanoseconds())
    switch message.kind {
    case .failed:
      // An error has left the body on another rank: the job ends here and now. Where it does already, it has been said why.
      pool.stop()
      dieIfKilled()
      Console.write(try Control.decode(String.self, from: message.bytes, rank: rank, host: host))
      report.end(.error)
      tellEnd()
      abort(status: 1)
    case .ended:
      // Others may take some seconds to be ended, on other machines, and have nothing to add.
      let request = try Control.decode([Int32].self, from: message.bytes, rank: rank, host: host).first
      if let request { StopSignal.adopt(request) }
      StopSignal.end()
      phase = .ended
      pool.stop()
      StopSignal.cease()
      actForTheLastTime()
      sentinel.dismiss()
      fflush(nil)
      rest(.sleep(nanoseconds: 10_000_000_000))
      abort(status: 1)
    case .enter:
      entries[message.source] = try Entry(message)
    case .ping:
      let number = try Control.decode([Int].self, from: message.bytes, rank: rank, host: host).first
      // One of an earlier call says nothing of this one.
      if number == current.number { attention.rootIsPresent = true }
      try send([Int](), to: message.source, kind: .pong)
      return false
    case .pong:
      return false
    case .work: attention.rootIsPresent = true
    case .askedToStop:
      othersRequest = try Control.decode(Int32.self, from: message.bytes, rank: rank, host: host)
      return false
    default: break
    }
    return true
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
  func pause(_ backoff: inout Backoff) throws {
    if communicator.moved != moved { backoff.reset() }
    moved = communicator.moved
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

  /// On another rank: tells rank 0 once that this one was asked to stop. Rank 0 sees to the end.
  func passOnRequest() throws {
    guard !hasPassedOn, let signal = StopSignal.current else { return }
    hasPassedOn = true
    endRequest.followIfKept()
    try send(signal, to: 0, kind: .askedToStop)
  }

  /// Whether MPI has been ended by the program that had started it.
  var mpiHasEnded: Bool { environment.hasEnded }

  /// Ends MPI in this process: where the process goes on, only if we started it.
  func end(withProcess: Bool = false) throws {
    phase = .ended
    communicator.whileWaiting = {}
    try communicator.flush()
    try communicator.free()
    try environment.end(withProcess: withProcess)
    sentinel.dismiss()
  }

  /// Tells the others that it has been said why the job ends.
  ///
  /// - Parameter request: the signal by which it was asked to stop, where that is why.
  func tellEnd(by request: Int32? = nil) {
    communicator.whileWaiting = {}
    // Whom this doesn't reach will be ended all the same.
    for rank in 0..<size where rank != self.rank { try? send(request.map { [$0] } ?? [], to: rank, kind: .ended) }
    try? communicator.flush(atMost: 20_000_000)
  }

  /// Ends this process where a launcher is ending the ranks.
  func dieIfKilled() { endRequest.dieIfKilled(after: actForTheLastTime) }

  /// Once: what it closes can't be stored to again.
  func actForTheLastTime() {
    let act = lastAct
    lastAct = nil
    act?()
  }

  /// Ends the job on every rank, with what was printed so far.
  func abort(status: Int32) -> Never {
    StopSignal.end()
    phase = .ended
    pool.stop()
    actForTheLastTime()
    sentinel.dismiss()
    fflush(nil)
    // The launcher reads from a pipe what ranks print, and passes it on; what it hasn't when the job ends is lost (seen with
    // Open MPI 5, once in many runs). When it has can't be seen from here.
    if Launcher.ranks != nil {
      // Signals end a sleep.
      let end = monotonicNanoseconds() + 100_000_000
      while case let left = end - monotonicNanoseconds(), left > 0 { rest(.sleep(nanoseconds: left)) }
    }
    communicator.abort(status: status)
  }
}

extension Session {
  /// Lends the kernel to the compute threads until `pool.end`.
  func beginComputing(_ kernel: @escaping ChunkKernel, threads: Int) throws(SeppoError) {
    do throws(NoThread) { try pool.begin(kernel, threads: threads) } catch {
      throw SeppoError(error, rank: rank, host: host)
    }
  }

  func submit(_ task: any ComputeTask) throws(SeppoError) {
    do throws(NoThread) { try pool.submit(task) } catch { throw SeppoError(error, rank: rank, host: host) }
  }
}

extension SeppoError {
  init(_ error: NoThread, rank: Int, host: String) { self = .noThread(reason: error.reason, rank: rank, host: host) }

  init(_ error: MPIError, rank: Int, host: String) {
    self = .mpi(call: error.call, errorClass: Int(error.errorClass), text: error.text, rank: rank, host: host)
  }
}
