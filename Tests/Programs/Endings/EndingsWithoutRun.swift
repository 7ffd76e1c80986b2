import Foundation
import SeppoMPI

// Programs without `Seppo.run`.

extension Endings {
  /// Returns false for the name of another program.
  static func endsWithoutRun(_ name: String) throws -> Bool {
    let isLast = isLastBeforeAnyCall
    switch name {
    case "map without run": print(try [1, 2, 3].mapParallel { $0 * $0 })
    case "all verbs without run":
      let table = try Seppo.atRoot { [1, 2, 3] }
      let sum = try table.broadcast().parallel(threads: 2).reduce(into: 0, { $0 += $1 }, merge: { $0 += $1 })
      try table.mapParallel { $0 }.parallel(timeout: .seconds(60)).atRoot.map { $0 }.atRoot { print($0, sum) }
    case "early return without run":
      if isLast { return true }
      // If other ranks have started MPI before, the launcher notices the end.
      sleep(1)
      _ = try [1, 2].mapParallel { $0 }
    case "return after one call of two":
      _ = try [1, 2].mapParallel { $0 }
      if Seppo.rank == Seppo.size - 1 { return true }
      _ = try [1, 2].mapParallel { $0 }
    case "exit 3 on one rank":
      _ = try [1, 2].mapParallel { $0 }
      if Seppo.rank == Seppo.size - 1 { exit(3) }
      _ = try [1, 2].mapParallel { $0 }
    case "exit 3 on one rank, at the end":
      _ = try [1, 2].mapParallel { $0 }
      if Seppo.rank == Seppo.size - 1 { exit(3) }
    case "exit 3 everywhere":
      _ = try [1, 2].mapParallel { $0 }
      exit(3)
    case "exit 3 in an item, without run": try onVictim { exit(3) }
    case "Seppo.exit 3 in an item, without run": try onVictim { Seppo.exit(3) }
    case "Seppo.exit without run":
      _ = try [1, 2].mapParallel { $0 }
      Seppo.exit(5)
    case "Seppo.exit at root without run":
      try Seppo.atRoot { Seppo.exit(5) }
    case "exit on another thread, during a call":
      try Seppo.atRoot {
        Thread { exit(0) }.start()
        sleep(600)
      }
    case "error everywhere":
      _ = try [1, 2].mapParallel { $0 }
      throw Trouble()
    case "error after a request to stop":
      _ = try [1, 2].mapParallel { $0 }
      raise(SIGUSR1)
      throw Trouble()
    case "error on one rank":
      _ = try [1, 2].mapParallel { $0 }
      if Seppo.rank == Seppo.size - 1 { throw Trouble() }
      _ = try [1, 2].mapParallel { $0 }
    case "item throws, without run":
      _ = try (0..<100).mapParallel { item -> Int in
        if item == 77 { throw Trouble() }
        return item
      }
    case "fork before the first call":
      let child = forkProcess()
      if child == 0 {
        print(try [1].mapParallel { $0 })
        exit(0)
      }
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0 {}
      print(try [1, 2].mapParallel { $0 }, status == 0 ? "the child succeeded" : "the child failed")
    case "fork after the first call":
      _ = try [1, 2].mapParallel { $0 }
      if forkProcess() == 0 {
        do { print(try [1].mapParallel { $0 }) } catch { print(sentence(error)) }
        fflush(nil)
        _exit(0)
      }
      var status: Int32 = 0
      while wait(&status) < 0 {}
    case "calls in atexit handlers":
      // Handlers run in reverse order.
      atexit { Endings.mapAtExit("after the end") }
      _ = try [1, 2].mapParallel { $0 }
      atexit { Endings.mapAtExit("before the end") }
    case "a call in a deinit after the end":
      let late = Late()
      Seppo.run { _ = try [1, 2].mapParallel { $0 } }
      _ = consume late
    case "run after a call":
      let before = try [1, 2].mapParallel { $0 }
      Seppo.run { try Seppo.atRoot { print(before, "and run") } }
    case "call after run":
      Seppo.run {}
      do { print(try [1, 2].mapParallel { $0 }) } catch { print(sentence(error)) }
    case "runs on several threads":
      let threads = 8
      let lines = Lines()
      let group = DispatchGroup()
      for number in 0..<threads {
        group.enter()
        Thread {
          Seppo.run {
            lines.add("\(try (0..<1_000).parallel(threads: 2).map { $0 * number }.reduce(0, +))")
          }
          group.leave()
        }.start()
      }
      group.wait()
      print(lines.all.count == threads ? "all" : "\(lines.all)")
    default: return false
    }
    return true
  }

  /// The rank and the number of ranks, from the variables of Open MPI's launcher or of Hydra: `Seppo.rank` would start MPI.
  static var launcherPlace: (rank: Int, of: Int)? {
    func number(_ names: String...) -> Int? {
      names.lazy.compactMap { ProcessInfo.processInfo.environment[$0] }.first.flatMap { Int($0) }
    }
    guard let rank = number("OMPI_COMM_WORLD_RANK", "PMI_RANK"), let size = number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
    else {
      return nil
    }
    return (rank, size)
  }

  private static var isLastBeforeAnyCall: Bool { launcherPlace.map { $0.rank + 1 == $0.of } ?? false }

  private static func mapAtExit(_ when: String) {
    do { print(when, try [1, 2].mapParallel { $0 }) } catch { print(when, sentence(error)) }
  }

  /// Returns the error's text without its place.
  private static func sentence(_ error: any Error) -> String { "\(error)".components(separatedBy: " [at ")[0] }

  private final class Late {
    deinit {
      do { print(try [1, 2].mapParallel { $0 }) } catch { print(sentence(error)) }
    }
  }

  private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func add(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
  }
}
