import Foundation
import SeppoMPI

extension Endings {
  /// Lets a forked child call `exit`, like C code that fails to start another program, and another one `Seppo.exit`.
  static func letChildExit(in place: String) {
    for usesSeppo in [false, true] {
      let child = forkProcess()
      if child == 0 {
        if usesSeppo { Seppo.exit(3) } else { exit(3) }
      }
      var status: Int32 = 0
      waitpid(child, &status, 0)
      if status != 3 << 8 { print("a child in \(place) left with \(status)") }
    }
  }

  /// Lets the first item of a rank fork, and the child return or throw from `f`.
  static func letChildReturn(throwing: Bool) throws {
    let results = try (0..<(4 * Seppo.size)).parallel(chunk: .items(2)).map { item -> Int in
      usleep(100_000)
      guard Seppo.rank == victim, startedCount.add(1, ordering: .relaxed).oldValue == 0 else { return item }
      let child = forkProcess()
      if child == 0 {
        if throwing { throw Trouble() }
        return item
      }
      var status: Int32 = 0
      waitpid(child, &status, 0)
      if status != 70 << 8 { print("a child left with \(status)") }
      return item
    }
    try Seppo.atRoot { print(results.count) }
  }

  /// Sends SIGUSR1 repeatedly, from the moment when Seppo has printed why the job ends.
  static func sendRequestsAfterMessage() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Trouble() }
    let (message, screen) = (ends[0], dup(2))
    dup2(ends[1], 2)
    let send = { @Sendable in
      var bytes = [UInt8](repeating: 0, count: 1_000)
      _ = write(screen, &bytes, read(message, &bytes, bytes.count))
      while true {
        kill(getpid(), SIGUSR1)
        usleep(1_000)
      }
    }
    Thread(block: send).start()
  }
}
