import Foundation
import SeppoSystem
import Synchronization

/// The signals that this process passes on to `mpirun`.
enum Signals {
  static let forwarded = [SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2]

  private static let pipe = Atomic<Int32>(-1)

  /// Has each signal write its number to a pipe.
  ///
  /// - Returns: the pipe's read end, which never blocks.
  static func catchAll() throws -> Int32 {
    guard let ends = makePipe() else { throw LaunchFailure.noPipe }
    for end in [ends.read, ends.write] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    pipe.store(ends.write, ordering: .relaxed)
    for number in forwarded {
      signal(number) { number in
        let error = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Signals.pipe.load(ordering: .relaxed), &byte, 1)
        errno = error
      }
    }
    return ends.read
  }

  /// Waits for a signal.
  ///
  /// - Returns: those that have arrived.
  static func wait(on pipe: Int32, milliseconds: Int32) -> [Int32] {
    var file = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
    guard poll(&file, 1, milliseconds) > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(pipe, &bytes, bytes.count)
    return bytes.prefix(max(0, count)).map(Int32.init)
  }

  static func name(_ number: Int32) -> String {
    [SIGHUP: "HUP", SIGINT: "INT", SIGTERM: "TERM", SIGUSR1: "USR1", SIGUSR2: "USR2"][number] ?? "\(number)"
  }

  static func number(_ name: String) -> Int32 { forwarded.first { self.name($0) == name } ?? SIGTERM }
}
