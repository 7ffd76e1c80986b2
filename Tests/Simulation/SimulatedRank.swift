/// A rank: its compute threads, and the thread in the call, which takes letters and sends them. As `ComputePool`, `MapTask`
/// and `WorkerMap` do it.
final class SimulatedRank {
  struct Task {
    let lower: Int
    /// Where it ends by now.
    var end: Int
    /// Up to here items are claimed, and from here on in the last stretch.
    var begun: Int
    var stretchFrom: Int
    /// Up to here items are computed, or failed.
    var computed: Int
    let came: Int
    var nanoseconds = 0
    var stretch: Int
    var stretchTime = 0
    var failures: [Int] = []
    /// The item in hand has passed its time.
    var isLate = false

    var left: Int { end - begun }
    var kept: Range<Int> { lower..<end }

    init(_ chunk: Range<Int>, at now: Int, stretch: Int) {
      lower = chunk.lowerBound
      end = chunk.upperBound
      begun = lower
      stretchFrom = lower
      computed = lower
      came = now
      self.stretch = stretch
    }

    /// Cuts off up to so many items that aren't begun, or a few more: whole units.
    mutating func cut(_ wanted: Int, unit: Int) -> Range<Int> {
      guard left > 0, wanted > 0 else { return end..<end }
      let place = max(lower + max(0, end - lower - wanted) / unit * unit, begun)
      defer { end = place }
      return place..<end
    }
  }

  let index: Int
  private let world: World
  private let schedule: Schedule
  private let unit: Int
  /// By thread.
  private(set) var running: [Task?]
  private(set) var waiting: [Task] = []
  private(set) var finished: [Task] = []
  /// Which stretch a thread is at, counted.
  private var stretches: [Int]
  /// Nothing at or above this is begun any more.
  private var bound = Int.max
  private var willLook = false
  /// Until then nothing goes on here.
  var frozenUntil = 0
  var isThere = false
  var hasVanished = false

  init(_ index: Int, _ world: World) {
    self.index = index
    self.world = world
    schedule = world.schedule
    unit = schedule.unitOnRanks
    running = Array(repeating: nil, count: schedule.ranks[index].threads)
    stretches = Array(repeating: 0, count: running.count)
  }

  var hasIdleThread: Bool { running.contains { $0 == nil } }
  private var areAllLate: Bool { running.allSatisfy { $0?.isLate == true } }

  /// Items that no thread has begun.
  var left: Int {
    var left = 0
    for task in running { left += task?.left ?? 0 }
    for task in waiting { left += task.left }
    return left
  }

  /// What stands behind items that are late is given back at once.
  func submit(_ chunk: Range<Int>) {
    waiting.append(Task(chunk, at: world.now, stretch: unit))
    if areAllLate { sayLate(giveAllBack(), nil) } else { begin() }
  }

  func lower(to bound: Int) { self.bound = min(self.bound, bound) }

  /// Half of what no thread has begun, the last items first.
  func giveBack() -> [Range<Int>] {
    var wanted = (left + 1) / 2
    var given: [Range<Int>] = []
    for place in waiting.indices.reversed() where wanted > 0 {
      let range = waiting[place].cut(wanted, unit: unit)
      if !range.isEmpty { given.append(range) }
      wanted -= range.count
    }
    waiting.removeAll { $0.kept.isEmpty }
    for thread in running.indices.reversed() where wanted > 0 {
      guard let range = running[thread]?.cut(wanted, unit: unit), !range.isEmpty else { continue }
      given.append(range)
      wanted -= range.count
    }
    return given
  }

  private func giveAllBack() -> [Range<Int>] {
    defer { waiting.removeAll() }
    return waiting.map(\.kept)
  }

  /// Threads with nothing to do take what waits.
  private func begin() {
    for thread in running.indices where running[thread] == nil {
      if waiting.isEmpty { return }
      running[thread] = waiting.removeFirst()
      claim(thread)
    }
  }

  /// The thread claims the next items, or is done with the chunk.
  private func claim(_ thread: Int) {
    guard var task = running[thread] else { return }
    let places = task.begun..<min(task.begun + task.stretch, task.end)
    guard !places.isEmpty, places.lowerBound < bound else { return end(thread) }
    task.stretchFrom = places.lowerBound
    task.begun = places.upperBound
    var (time, hangs) = (0, false)
    for item in places where item < bound {
      let fate = schedule.fate(item)
      let ordinal = world.tries[item]
      world.tries[item] += 1
      task.computed = item + 1
      if fate == .fine {
        time += schedule.time(item, on: index)
        continue
      }
      time += schedule.time(item, on: index)
      if case .isLateFirst(let tries) = fate, ordinal < tries { time += 3 * (schedule.timeout ?? 0) }
      if fate.endsRank(index, try: ordinal) { endsAfter(time) }
      if fate.hangs(on: index) || fate.endsRank(index, try: ordinal) {
        hangs = true
        break
      }
      if fate.throwsError(on: index, try: ordinal) {
        task.failures.append(item)
        if !schedule.goesOn { break }
      }
    }
    task.stretchTime = time
    task.nanoseconds += time
    running[thread] = task
    stretches[thread] += 1
    world.note("rank \(index) begins \(places) on thread \(thread)")
    if let timeout = schedule.timeout {
      world.after(timeout + world.look(), .timeIsUp, rank: index, place: thread, token: stretches[thread])
    }
    if !hangs { world.after(time, .computed, rank: index, place: thread, token: stretches[thread]) }
  }

  private func endsAfter(_ time: Int) {
    world.after(time, .vanishes, rank: index)
    world.after(time + schedule.ranks[index].noticed, .noticed, rank: index)
  }

  /// A thread has come to the end of what it claimed.
  func computed(_ thread: Int, token: Int) {
    guard stretches[thread] == token, var task = running[thread] else { return }
    if task.computed > bound, !task.isLate {
      // It looked at the bound before each item, and may have been past it when that came.
      let least = max(bound, task.stretchFrom)
      if least < task.computed { task.computed = world.random.one(in: least...task.computed) }
      while let failure = task.failures.last, failure >= task.computed { task.failures.removeLast() }
    }
    let isOver = task.computed < task.begun || task.isLate || (!task.failures.isEmpty && !schedule.goesOn)
    if let failure = task.failures.first, schedule.failuresDecide, schedule.retries == 0 { lower(to: failure) }
    if schedule.timeout == nil { grow(&task) }
    running[thread] = task
    if isOver { end(thread) } else { claim(thread) }
  }

  /// As `StretchSize`.
  private func grow(_ task: inout Task) {
    let aim = 100_000
    if task.stretchTime * 8 <= aim {
      task.stretch = min(task.stretch * 8, 1 << 30)
    } else {
      task.stretch = task.stretch * aim / task.stretchTime
    }
    task.stretch = max(task.stretch - task.stretch % unit, unit)
  }

  private func end(_ thread: Int) {
    guard let task = running[thread] else { return }
    running[thread] = nil
    if !task.kept.isEmpty { finished.append(task) }
    begin()
    guard !willLook else { return }
    willLook = true
    world.after(world.look(), index == 0 ? .rootLooks : .rankLooks, rank: index)
  }

  /// The item that a thread has in hand has passed its time.
  func timeIsUp(_ thread: Int, token: Int) {
    guard stretches[thread] == token, running[thread] != nil else { return }
    guard let rest = running[thread]?.cut(Int.max / 2, unit: 1), let item = running[thread]?.begun else { return }
    running[thread]?.isLate = true
    sayLate((rest.isEmpty ? [] : [rest]) + (areAllLate ? giveAllBack() : []), item - 1)
  }

  /// Rank 0 has no letters to itself.
  private func sayLate(_ ranges: [Range<Int>], _ item: Int?) {
    if index > 0 { return world.send(.late(ranges, item), rank: index) }
    said.append(.late(ranges, item))
    world.after(0, .rootLooks, rank: 0)
  }

  /// What rank 0 says to itself, to be taken when it looks.
  var said: [Letter] = []

  /// What is to be told of the chunks that are done.
  func takeReports() -> [Report] {
    willLook = false
    defer { finished.removeAll(keepingCapacity: true) }
    return finished.map(report)
  }

  func report(_ task: Task) -> Report {
    var failures = task.failures
    var completed = task.computed - task.lower
    if task.isLate {
      if failures.last != task.computed - 1 { failures.append(task.computed - 1) }
    }
    if index > 0, !schedule.fates.isEmpty,
      let item = (task.lower..<task.computed).first(where: {
        schedule.fates[$0] == .resultCannotBeSent && !(task.isLate && $0 == task.computed - 1)
      })
    {
      failures.removeAll { $0 >= item }
      failures.append(item)
      completed = item + 1 - task.lower
    }
    return Report(
      chunk: task.kept, completed: completed, failures: failures, nanoseconds: task.nanoseconds,
      resident: world.now - task.came)
  }
}
