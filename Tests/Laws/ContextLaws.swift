import Foundation
import SeppoMPI

private enum Config {
  @TaskLocal static var scale = 1
  @TaskLocal static var label: String?
}

/// `FE_DOWNWARD`, `FE_UPWARD` and `FE_TOWARDZERO`. These names are ambiguous here, because Foundation declares them
/// too.
#if arch(x86_64)
  private let roundings: [Int32] = [0x400, 0x800, 0xC00]
#else
  private let roundings: [Int32] = [0x80_0000, 0x40_0000, 0xC0_0000]
#endif

let contextLaws = [
  Law("localRank and localSize number the ranks of a host, in the program and in items", withoutCheck: true) {
    let hosts = (0..<Seppo.size).map { hostName(ofRank: $0) }
    func local(_ rank: Int) -> [Int] {
      [rank, hosts[..<rank].count { $0 == hosts[rank] }, hosts.count { $0 == hosts[rank] }]
    }
    try requireEqual([Seppo.rank, Seppo.localRank, Seppo.localSize], local(Seppo.rank))
    for found in try (0..<100).mapParallel({ _ in [Seppo.rank, Seppo.localRank, Seppo.localSize] }) {
      try requireEqual(found, local(found[0]))
    }
  },
  Law("f has the task-local values of the call") {
    for (scale, label) in [(10, "ten"), (100, "hundred")] {
      try Config.$scale.withValue(scale) {
        try Config.$label.withValue(label) {
          let wanted = (0..<500).map { "\($0 * scale) \(label)" }
          let f = { @Sendable (item: Int) in "\(item * Config.scale) \(Config.label ?? "none")" }
          try requireEqual(try (0..<500).mapParallel(f), wanted)
          for threads in [1, 3] {
            try requireEqual(try (0..<500).parallel(chunk: .items(3), threads: threads).map(f), wanted)
          }
          try requireEqual(
            try (0..<500).parallel(retries: 2, timeout: .seconds(60)).mapResults(f).map { try $0.get() }, wanted)
          try requireEqual(try Seppo.atRoot { Array(0..<500) }.mapParallel(f), wanted)
          // A map inside an item.
          try requireEqual(
            try (0..<20).parallel(threads: 2).map { try [$0].mapParallel(f)[0] }, Array(wanted.prefix(20)))
          try requireEqual(Config.scale, scale)
          try requireEqual(Config.label, label)
        }
      }
    }
    try requireEqual(try (0..<500).mapParallel { $0 * Config.scale }, Array(0..<500))
  },
  Law("f has the caller's rounding mode, whatever mode earlier items have set") {
    let inverse = { @Sendable (item: Int) in 1 / Double(item + 3) }
    let nearest = (0..<300).map(inverse)
    for mode in roundings {
      fesetround(mode)
      let wanted = (0..<300).map(inverse)
      let results = [
        try? (0..<300).mapParallel(inverse),
        try? (0..<300).parallel(chunk: .items(7), threads: 2, timeout: .seconds(60)).map(inverse),
      ]
      fesetround(0)
      try require(wanted != nearest, "the rounding mode has no effect")
      try requireEqual(results, [wanted, wanted])
      _ = try (0..<30).parallel(threads: 2).map { _ in fesetround(mode) }
      fesetround(0)
      try requireEqual(try (0..<300).parallel(threads: 2).map(inverse), nearest)
    }
  },
  Law("a task-local value set in f applies to that item only") {
    let results = try (0..<200).parallel(chunk: .items(2), threads: 2).map { item in
      Config.$scale.withValue(item) { Config.scale } + Config.scale
    }
    try requireEqual(results, Array(1...200))
  },
  Law("a task that f starts and waits for runs, with the task-local values of the call") {
    let results = try Config.$scale.withValue(5) {
      try (0..<6).parallel(threads: 2).map { item in
        let done = DispatchSemaphore(value: 0)
        let box = Box()
        Task {
          await Task.yield()
          box.value = item * Config.scale
          done.signal()
        }
        done.wait()
        return box.value
      }
    }
    try requireEqual(results, [0, 5, 10, 15, 20, 25])
  },
  Law("recalled and dropped items don't change the caller's task-local values") {
    try Config.$scale.withValue(3) {
      for _ in 0..<20 {
        let error = try errorOf {
          _ = try (0..<400).parallel(chunk: .items(1), threads: 2).map { item -> Int in
            if item == 7 { throw Refused() }
            return item * Config.scale
          }
        }
        guard case .itemThrew(let item) = error, item.index == 7 else { throw LawError(description: "\(error)") }
        try requireEqual(Config.scale, 3)
        // The long items let the other ranks take over items that were recalled.
        let results = try (0..<60).parallel(chunk: .items(4)).map { item -> Int in
          if item < 8 { usleep(2_000) }
          return item * Config.scale
        }
        try requireEqual(results, (0..<60).map { $0 * 3 })
      }
    }
  },
]

private struct Refused: Error {}

/// `Sendable` because the item reads the value after the semaphore that the task signals.
private final class Box: @unchecked Sendable { var value = 0 }
