import Foundation
import SeppoMPI

private enum Config {
  @TaskLocal static var scale = 1
  @TaskLocal static var label: String?
}

/// `FE_DOWNWARD`, `FE_UPWARD` and `FE_TOWARDZERO`, whose names Foundation has once more.
#if arch(x86_64)
  private let roundings: [Int32] = [0x400, 0x800, 0xC00]
#else
  private let roundings: [Int32] = [0x80_0000, 0x40_0000, 0xC0_0000]
#endif

/// The task-local values of the caller hold in `f`, on whichever rank and thread.
let contextLaws = [
  Law("f has the task-local values of the call") {
    for (scale, label) in [(10, "ten"), (100, "hundred")] {
      try Config.$scale.withValue(scale) {
        try Config.$label.withValue(label) {
          let wanted = (0..<500).map { "\($0 * scale) \(label)" }
          let f = { @Sendable (item: Int) in "\(item * Config.scale) \(Config.label ?? "none")" }
          try holdEqual(try (0..<500).mapParallel(f), wanted)
          for threads in [1, 3] {
            try holdEqual(try (0..<500).parallel(chunk: .items(3), threads: threads).map(f), wanted)
          }
          try holdEqual(
            try (0..<500).parallel(retries: 2, timeout: .seconds(60)).mapResults(f).map { try $0.get() }, wanted)
          try holdEqual(try Seppo.atRoot { Array(0..<500) }.mapParallel(f), wanted)
          // A map inside an item, and after all of this, the caller.
          try holdEqual(
            try (0..<20).parallel(threads: 2).map { try [$0].mapParallel(f)[0] }, Array(wanted.prefix(20)))
          try holdEqual(Config.scale, scale)
          try holdEqual(Config.label, label)
        }
      }
    }
    try holdEqual(try (0..<500).mapParallel { $0 * Config.scale }, Array(0..<500))
  },
  Law("f rounds as the caller does, whatever earlier items or calls have left") {
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
      try hold(wanted != nearest, "the mode means nothing")
      try holdEqual(results, [wanted, wanted])
      _ = try (0..<30).parallel(threads: 2).map { _ in fesetround(mode) }
      fesetround(0)
      try holdEqual(try (0..<300).parallel(threads: 2).map(inverse), nearest)
    }
  },
  Law("a task-local value that f sets holds in it alone") {
    let results = try (0..<200).parallel(chunk: .items(2), threads: 2).map { item in
      Config.$scale.withValue(item) { Config.scale } + Config.scale
    }
    try holdEqual(results, Array(1...200))
  },
  Law("a task that f starts and waits for is run, with the values of the call") {
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
    try holdEqual(results, [0, 5, 10, 15, 20, 25])
  },
  Law("after items that were called back, or given up, the caller's values are what they were") {
    try Config.$scale.withValue(3) {
      for _ in 0..<20 {
        let error = try errorOf {
          _ = try (0..<400).parallel(chunk: .items(1), threads: 2).map { item -> Int in
            if item == 7 { throw Late() }
            return item * Config.scale
          }
        }
        guard case .itemThrew(let item) = error, item.index == 7 else { throw Broken(description: "\(error)") }
        try holdEqual(Config.scale, 3)
        // Some take long, so that the others call back what is not begun.
        let results = try (0..<60).parallel(chunk: .items(4)).map { item -> Int in
          if item < 8 { usleep(2_000) }
          return item * Config.scale
        }
        try holdEqual(results, (0..<60).map { $0 * 3 })
      }
    }
  },
]

private struct Late: Error {}

/// Written by the task, read after its semaphore.
private final class Box: @unchecked Sendable { var value = 0 }
