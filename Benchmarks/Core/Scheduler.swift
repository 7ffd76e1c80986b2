import ArgumentParser
import Foundation
import SeppoEngine

struct Scheduler: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the scheduler at 10 and 100,000 ranks: nanoseconds per assignment, bytes per rank.")

  @Option(help: "The number of measured assignments.")
  var assignments = 2_000_000

  func run() throws {
    let few = try steady(ranks: 10)
    let many = try steady(ranks: 100_000)
    let calls = try recalls(ranks: 100_000)
    print(
      """
      {"row": "scheduler", "ns_10": \(few.nanoseconds), "ns_100000": \(many.nanoseconds), \
      "bytes_per_rank": \(many.bytes / 100_000), "bytes_grown": \(many.grown), "recall_ns_100000": \(calls)}
      """)
  }

  /// Measures busy ranks: chunks are returned in the order in which they were assigned. The time of an assignment includes
  /// its return.
  private func steady(ranks: Int) throws -> (nanoseconds: Double, bytes: Double, grown: Double) {
    var given = Ring(ranks * 2)
    let before = try heap()
    // Far more items than are measured, with one item per chunk, as for long items.
    var scheduler = SeppoEngine.Scheduler(count: Int.max / 4, ranks: ranks, rule: .automatic)
    for rank in 0..<ranks { scheduler.joined(rank: rank, threads: 1) }
    func fill() { while let assignment = scheduler.nextAssignment() { given.append(assignment) } }
    func takeBack() {
      let assignment = given.popFirst()
      scheduler.returned(
        rank: assignment.rank, chunk: assignment.chunk, completed: assignment.chunk.count, nanoseconds: 50_000_000)
    }
    fill()
    for _ in 0..<(4 * ranks) {
      takeBack()
      fill()
    }
    let bytes = try heap() - before
    let nanoseconds = shortest(of: 3) {
      for number in 0..<assignments {
        scheduler.advance(to: number * 1_000)
        takeBack()
        fill()
      }
    }
    let grown = try heap() - before - bytes
    return (nanoseconds / Double(assignments), bytes, grown)
  }

  /// Measures recalls at the end of a map on many ranks, each of which holds unstarted items while one is idle: the request,
  /// its answer, and the new assignment.
  private func recalls(ranks: Int) throws -> Double {
    var scheduler = SeppoEngine.Scheduler(count: 3 * ranks, ranks: ranks, rule: .items(1))
    for rank in 0..<ranks { scheduler.joined(rank: rank, threads: 1) }
    var held: [Int: [Range<Int>]] = [:]
    while let assignment = scheduler.nextAssignment() { held[assignment.rank, default: []].append(assignment.chunk) }
    let idle = ranks / 2
    // These ranks have finished all their chunks.
    for rank in 0..<idle {
      for chunk in held[rank] ?? [] { scheduler.returned(rank: rank, chunk: chunk, completed: chunk.count) }
      while let assignment = scheduler.nextAssignment() {
        scheduler.returned(rank: assignment.rank, chunk: assignment.chunk, completed: assignment.chunk.count)
      }
    }
    var asked = 0
    let nanoseconds = shortest(of: 1) {
      while let rank = scheduler.nextRecall() {
        asked += 1
        let last = scheduler.held(by: rank).last ?? 0..<0
        scheduler.returned(rank: rank, ranges: [last])
        while scheduler.nextAssignment() != nil {}
      }
    }
    guard asked > ranks / 4 else { throw ValidationError("only \(asked) recalls were sent") }
    return nanoseconds / Double(asked)
  }

  /// Returns the resident memory of this process, in bytes.
  private func heap() throws -> Double {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard pages.count > 1, let resident = Double(pages[1]) else {
      throw ValidationError("/proc/self/statm is unreadable")
    }
    return resident * Double(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// A ring buffer of the outstanding assignments, in fixed memory.
private struct Ring {
  private var places: [SeppoEngine.Scheduler.Assignment?]
  private var first = 0
  private var count = 0

  init(_ capacity: Int) { places = Array(repeating: nil, count: capacity) }

  mutating func append(_ assignment: SeppoEngine.Scheduler.Assignment) {
    places[(first + count) % places.count] = assignment
    count += 1
  }

  mutating func popFirst() -> SeppoEngine.Scheduler.Assignment {
    guard let assignment = places[first] else { preconditionFailure("no assignment is outstanding") }
    first = (first + 1) % places.count
    count -= 1
    return assignment
  }
}
