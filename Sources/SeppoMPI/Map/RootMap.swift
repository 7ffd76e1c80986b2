import SeppoProcess
import SeppoScheduling
import SeppoTransport
import SeppoWire

/// Rank 0's part in a map: hands out chunks on the calling thread, computes some itself on its compute threads, and puts
/// the results in order.
final class RootMap<Element: Codable & Sendable, Result: Codable & Sendable> {
  typealias Task = MapTask<Element, Result>

  let call: MapCall<Element, Result>
  let job: Job
  let context: Task.Context
  let items: Elements<Element>
  let site: CallSite
  /// The how manieth time this call is made, where it has a checkpoint.
  let round: Int
  var matching: CallMatching
  var scheduler: MapScheduler
  /// Where results are kept, if they are.
  var journal: MapJournal<Result>?
  /// What items took at the most, in nanoseconds, where results are kept.
  private(set) var longestItem = 0
  /// The end of the job, where it comes before the map's.
  var earlyEnd: EarlyEnd?
  var rollCall: RollCall?

  var gathered = Gathered<Result>(UnsafeMutableBufferPointer(start: nil, count: 0), keepsCoded: false)
  /// The error of the lowest item that failed so far, where the first failure is thrown.
  var failure: SeppoError?
  /// The items that failed, where they are kept.
  private var failures: [FailedItem] = []
  /// Failures whose chunk's results are on their way.
  private var announced: [Origin: [FailedItem]] = [:]
  private var lateItems = ItemsStillAtWork()
  private var memory: ResultMemory
  /// Where one rank is alone, nobody else's results say how large they are.
  private var growth: ResidentGrowth?
  /// With `SEPPO_CHECK=1`, where there are several ranks.
  var check: ResultCheck?

  /// A chunk in a rank's hands, by its first item.
  private struct Origin: Hashable {
    let rank: Int
    let first: Int
  }

  init(_ call: MapCall<Element, Result>, _ signature: CallSignature, _ items: Elements<Element>, round: Int) {
    self.call = call
    self.items = items
    self.round = round
    job = call.job
    context = call.context
    let isCompared = call.options.areEverywhere && job.size > 1
    matching = CallMatching(job, signature, isCompared ? ItemSample(items) : nil)
    site = signature.site
    memory = call.memory(items.count, others: call.givesToAll ? job.members.here - 1 : 0)
    growth = job.size > 1 || call.resultsAreMemory ? nil : ResidentGrowth()
    scheduler = call.scheduler(items.count, learnt: site.learnt)
    if job.checksWire, job.size > 1 { check = ResultCheck(count: items.count, ranks: job.size) }
  }

  func run() throws -> Mapped<Result> {
    if let shortage = memory.shortageAtStart() {
      try matching.gather()
      try refuse(shortage)
    }
    try openJournal()
    let values = try [Result](unsafeUninitializedCapacity: items.count) { results, count in
      let places = UnsafeMutableBufferPointer(rebasing: results[..<items.count])
      HugePages.advise(UnsafeMutableRawBufferPointer(places))
      gathered = Gathered(places, keepsCoded: call.encodesResults)
      do {
        try resume()
        try compute()
        site.learnt = scheduler.learnt
        if let failure { throw failure }
        try checkResults()
        try closeJournal()
        failures.sort { $0.index < $1.index }
        if let shortage = memory.shortageOfCopies(items.count - failures.count) { try refuse(shortage) }
        let made = failures.isEmpty ? items.count : gathered.closeGaps()
        try share(UnsafeMutableBufferPointer(rebasing: places[..<made]))
        count = made
      } catch {
        // What has come is kept all the same, and is read until then.
        try? closeJournal()
        gathered.deinitialize()
        throw error
      }
    }
    return Mapped(values, failures: failures)
  }

  /// On every rank the call ends with the error; all are in it.
  private func refuse(_ shortage: MemoryShortage) throws { try refuse(call.error(shortage, items.count)) }

  func refuse(_ error: SeppoError) throws {
    try matching.finish(.threw(error))
    throw error
  }

  /// Ends the job where the results that are still to come can't be held: what is under way couldn't be taken in.
  private func watch(_ items: Int, bytes: Int?, isMessage: Bool = true) throws {
    // After a failure the rest won't come.
    guard !context.resultsAreMemory, failure == nil,
      let shortage = memory.came(items, bytes: bytes, isMessage: isMessage)
    else { return }
    try job.shutdown.endJob(call.error(shortage, self.items.count, here: memory.here), at: call.place)
  }

  /// Until every item is done, or the lowest that fails is known, and every rank is in this call.
  private func compute() throws {
    var backoff = Backoff()
    var start = JointStart(
      root: call.threads, waits: job.current.number == 1 || call.options.areEverywhere && site.learnt == nil,
      at: monotonicNanoseconds())
    do {
      while true {
        let now = monotonicNanoseconds()
        scheduler.advance(to: now)
        // A rank with a long item expects to be asked, however busy the others keep this one.
        try job.attend(at: now)
        try journal?.keepUp(at: now, all: earlyEnd != nil || rollCall != nil)
        try endEarly(at: now)
        var hasMoved = false
        while let message = try job.poll() {
          try take(message)
          hasMoved = true
        }
        let newcomers = try matching.newcomers()
        try refuseOtherItems()
        for worker in start.ready(newcomers, areAllHere: matching.isComplete, at: now) {
          job.log.debug("rank \(worker.rank) takes part, with \(worker.threads) compute thread(s)")
          scheduler.joined(rank: worker.rank, threads: worker.threads)
        }
        for task in job.pool.takeFinished() {
          guard let task = task as? Task else { continue }
          try take(task)
          hasMoved = true
        }
        try takeLate()
        if try handOut() { hasMoved = true }
        if scheduler.isFinished && matching.isComplete { return try finishIfFailed() }
        if hasMoved { backoff.reset() } else { try job.pause(&backoff) }
      }
    } catch {
      try call.settle(context.bound, after: error)
      throw error
    }
  }

  /// Where a rank has other items than this one: the map ends as after a failure of its first item, whatever was begun
  /// before that rank came.
  private func refuseOtherItems() throws {
    guard let difference = matching.difference, failure != difference else { return }
    failure = difference
    scheduler.refuse()
    context.bound.lower(to: 0)
    for rank in job.members.present { try job.send(0, to: rank, kind: .stop) }
  }

  private func finishIfFailed() throws {
    if let failure { try matching.finish(.threw(failure)) }
  }

  /// Gives what is to be given now, and calls back what is wanted elsewhere.
  private func handOut() throws -> Bool {
    var hasMoved = false
    while true {
      while let assignment = scheduler.nextAssignment() {
        try give(assignment)
        hasMoved = true
      }
      guard let rank = scheduler.nextCallBack() else { return hasMoved }
      if rank == 0 {
        try gaveBack(job.pool.giveBack(), by: 0)
      } else {
        job.log.debug("calls back half of what rank \(rank) has not begun")
        try job.send([Int](), to: rank, kind: .callBack)
      }
    }
  }

  private func give(_ assignment: MapScheduler.Assignment) throws {
    let (rank, chunk) = (assignment.rank, assignment.chunk)
    job.log.debug("gives items \(chunk) to rank \(rank)")
    if rank == 0, !job.checksWire {
      try journal?.give(chunk, to: 0)
      // What is kept is what comes back from there: it goes the way of the other ranks' results.
      let inPlace = (context.stopsAtFailure || job.size == 1) && (journal == nil || context.resultsAreMemory)
      let output: Task.Output =
        inPlace ? .memory(gathered[chunk], encodes: call.encodesInPlace) : .wire
      return try submit(chunk, input(chunk), output)
    }
    var lent = LentMemory()
    guard let message = try message(assignment, lending: &lent) else { return }
    let bytes = UnsafeRawBufferPointer(message.bytes)
    let kept = scheduler.held(by: rank).last ?? chunk
    try journal?.give(kept, to: rank)
    guard rank == 0 else { return try job.send(message, lent, to: rank, kind: .work) }
    let input =
      if case .spaced(let spacing) = items { Task.Input.spaced(spacing) } else {
        Task.Input.wire(ChunkHeader.payload(of: bytes), owner: message)
      }
    try submit(kept, input, .wire)
  }

  private func input(_ chunk: Range<Int>) -> Task.Input {
    switch items {
    case .memory(let items): .memory(UnsafeBufferPointer(rebasing: items[chunk]))
    case .spaced(let spacing): .spaced(spacing)
    }
  }

  func submit(_ chunk: Range<Int>, _ input: Task.Input, _ output: Task.Output) throws {
    try job.submit(Task(chunk: chunk, input: input, output: output, context: context))
  }

  /// The chunk as it is sent; shorter where one of its items can't be encoded, and nil where that is the first.
  private func message(
    _ assignment: MapScheduler.Assignment, lending lent: inout LentMemory
  ) throws -> _WireWriter? {
    var chunk = assignment.chunk
    let writer: _WireWriter
    var spacing: Spacing?
    switch items {
    case .spaced(let itself):
      writer = ChunkHeader.writer(payload: 0)
      spacing = itself
    case .memory(let items):
      writer = ChunkHeader.writer(payload: chunk.count * MemoryLayout<Element>.stride)
      do {
        if assignment.rank == 0 {
          try Items.write(UnsafeBufferPointer(rebasing: items[chunk]), to: writer)
        } else {
          try Items.write(UnsafeBufferPointer(rebasing: items[chunk]), to: writer, lending: &lent)
        }
      } catch {
        let index = chunk.lowerBound + error.item
        scheduler.failedToSend(rank: assignment.rank, chunk: chunk, index: index)
        try fail(index, SeppoError(error, index: index, rank: 0, host: job.host))
        chunk = chunk.lowerBound..<index
        if chunk.isEmpty { return nil }
      }
    }
    WorkHeader(chunk: chunk, spacing: spacing).write(to: writer.bytes)
    return writer
  }

  private func take(_ message: Message) throws {
    let rank = message.source
    switch message.kind {
    case .computed:
      let chunk = try ResultHeader(message.bytes).chunk
      let failures = announced.removeValue(forKey: Origin(rank: rank, first: chunk.lowerBound)) ?? []
      try take(message.bytes, owner: message.payload, without: failures, from: rank)
    case .threw:
      let report = try Control.decode(FailedItems.self, from: message.bytes, rank: 0, host: job.host)
      if context.stopsAtFailure {
        let done = try judge(report.failures, of: report.chunk.prefix(report.completed), by: rank)
        try returned(report.chunk, by: rank, completed: done)
      } else {
        announced[Origin(rank: rank, first: report.lower)] = report.failures
      }
    case .late:
      try take(Control.decode(LateReport.self, from: message.bytes, rank: 0, host: job.host), from: rank)
    case .gaveBack:
      let bounds = try Control.decode([Int].self, from: message.bytes, rank: 0, host: job.host)
      job.log.debug("rank \(rank) gives back items \(Control.ranges(bounds))")
      try gaveBack(Control.ranges(bounds), by: rank)
    default: break
    }
  }

  /// What a compute thread of this rank has done.
  private func take(_ task: Task) throws {
    let chunk = task.kept
    // All of it was called back before it was begun.
    if chunk.isEmpty { return }
    let failures = task.failures
    if task.writesInPlace {
      gathered.insert(chunk.prefix(task.completed), without: failures, bytes: task.bytes)
      keep(chunk.prefix(task.completed), without: failures, from: 0, nanoseconds: task.nanoseconds)
      try watch(task)
    }
    if !task.writesInPlace, failures.isEmpty || !context.stopsAtFailure, let message = task.joined {
      ResultHeader(
        chunk: chunk, completed: task.completed, nanoseconds: task.nanoseconds,
        resident: monotonicNanoseconds() - task.came
      ).write(to: message.bytes)
      return try take(UnsafeRawBufferPointer(message.bytes), owner: message, without: failures, from: 0)
    }
    let done = try judge(failures, of: chunk.prefix(task.completed), by: 0)
    try returned(chunk, by: 0, completed: done, nanoseconds: task.nanoseconds)
  }

  private func returned(
    _ chunk: Range<Int>, by rank: Int, completed: Int, nanoseconds: Int = 0, resident: Int? = nil
  ) throws {
    try journal?.take(chunk, from: rank)
    scheduler.returned(rank: rank, chunk: chunk, completed: completed, nanoseconds: nanoseconds, resident: resident)
  }

  private func gaveBack(_ ranges: [Range<Int>], by rank: Int, behindLate: Bool = false) throws {
    try journal?.takeBack(ranges, from: rank)
    scheduler.gaveBack(rank: rank, ranges: ranges, behindLate: behindLate)
  }

  private func keep(_ items: Range<Int>, without failures: [FailedItem], from rank: Int, nanoseconds: Int) {
    guard let journal else { return }
    longestItem = max(longestItem, nanoseconds / max(1, items.count))
    journal.came(items, without: failures, from: rank, nanoseconds: nanoseconds, at: monotonicNanoseconds())
  }

  private func watch(_ task: Task) throws {
    if growth == nil { return try watch(task.made, bytes: task.bytes?.bytes.count) }
    guard let (items, bytes) = growth?.came(task.made, at: monotonicNanoseconds(), job.limits) else { return }
    try watch(items, bytes: bytes, isMessage: false)
  }

  /// Results as they travel.
  private func take(
    _ message: UnsafeRawBufferPointer, owner: AnyObject, without failures: [FailedItem], from rank: Int
  ) throws {
    let header = try ResultHeader(message)
    var completed = header.completed
    var failures = failures
    try watch(completed - failures.count, bytes: message.count)
    if let (index, error) = gathered.read(
      header.chunk.prefix(completed), without: failures, from: ChunkHeader.payload(of: message), owner: owner)
    {
      // What stands behind it in these bytes is lost, and is computed again where the map goes on.
      lateItems.remove(failures, of: rank)
      failures.removeAll { $0.index > index }
      failures.append(FailedItem(index: index, error: SeppoError(error, index: index, rank: 0, host: job.host)))
      completed = index + 1 - header.chunk.lowerBound
    }
    job.log.debug("has \(completed) of items \(header.chunk) from rank \(rank), in \(header.nanoseconds) ns")
    keep(header.chunk.prefix(completed), without: failures, from: rank, nanoseconds: header.nanoseconds)
    check?.came(header.chunk.prefix(completed), without: failures, from: rank)
    let done = try judge(failures, of: header.chunk.prefix(completed), by: rank)
    try returned(
      header.chunk, by: rank, completed: done, nanoseconds: header.nanoseconds, resident: header.resident)
  }

  /// - Returns: how many of these items, from the first on, are done.
  private func judge(_ failures: [FailedItem], of items: Range<Int>, by rank: Int) throws -> Int {
    lateItems.remove(failures, of: rank)
    if let first = failures.first, try isAskedToStop() { return first.index - items.lowerBound }
    for failure in failures {
      try follow(scheduler.threw(rank: rank, index: failure.index), failure)
    }
    return items.count
  }

  private func follow(_ verdict: MapScheduler.Verdict, _ failure: FailedItem) throws {
    job.log.debug("item \(failure.index): \(verdict): \(failure.error)")
    if case .failed(let tries) = verdict { try fail(failure.index, failure.error.after(tries: tries)) }
  }

  /// The item has failed for good. Where that ends the map, and unless an item below fails too, it is this one's error:
  /// nothing above it is begun any more, by nobody.
  func fail(_ index: Int, _ error: SeppoError) throws {
    if call.keepsFailures { return failures.append(FailedItem(index: index, error: error)) }
    failure = error
    context.bound.lower(to: index)
    for rank in job.members.present { try job.send(index, to: rank, kind: .stop) }
  }

  /// Looks for items of this rank that have passed their time, and ends the job where nothing else is left on any.
  private func takeLate() throws {
    guard let timeout = context.timeout else { return }
    if let report = LateReport(job.pool.takeLate(timeout: timeout), context.timedOut) {
      try take(report, from: 0)
    }
    // One that has not come yet may take what remains.
    if scheduler.isStuck, matching.isComplete { try endIfStuck(lateItems, timeout) }
  }

  /// Ends the job where these items have passed their time, and have had as long again.
  func endIfStuck(_ items: ItemsStillAtWork, _ timeout: Int) throws {
    let now = monotonicNanoseconds()
    guard let stuck = items.stuck(at: now, timeout: timeout) else { return }
    try job.shutdown.endJob(
      SeppoError.itemStuck(
        index: stuck.index, rank: stuck.rank, host: job.hosts[stuck.rank],
        seconds: Double(now - stuck.since) / 1e9, place: call.place.text), at: call.place)
  }

  private func take(_ report: LateReport, from rank: Int) throws {
    try gaveBack(Control.ranges(report.bounds), by: rank, behindLate: true)
    lateItems.append(report, of: rank)
    for failure in report.items {
      try follow(scheduler.late(rank: rank, index: failure.index), failure)
    }
  }

  private func share(_ results: UnsafeMutableBufferPointer<Result>) throws {
    guard job.size > 1 else { return }
    guard call.givesToAll else { return try matching.finish(.done) }
    let sharing = try Sharing(job, matching, failures: failures)
    if context.resultsAreMemory {
      try sharing.give(memory: UnsafeMutableRawBufferPointer(results), count: results.count)
    } else {
      try sharing.give(gathered.parts)
    }
  }
}
