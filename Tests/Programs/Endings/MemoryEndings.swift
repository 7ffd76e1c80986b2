import Foundation
import SeppoMPI

/// Calls that need more memory than there is.
extension Endings {
  static func memoryEnding(_ name: String) throws {
    switch name {
    case "results too large at once":
      try limitMemory()
      _ = try (0..<100_000_000).mapParallel { $0 }
    case "results too large at once, caught":
      try limitMemory()
      do {
        _ = try (0..<(1 << 50)).mapParallel { $0 }
      } catch SeppoError.notEnoughMemory {
        print("caught")
      }
      let sum = try (0..<1000).mapParallel { $0 }.reduce(0, +)
      try Seppo.atRoot { print(sum) }
    case "results and errors too large at root, caught":
      try limitMemory()
      do {
        _ = try (0..<10_000_000).parallel().atRoot.mapResults { $0 }
      } catch SeppoError.notEnoughMemory {
        print("caught")
      }
    case "results too large in an item, caught":
      try limitMemory()
      let caught = try (0..<1).mapParallel { _ in
        do {
          return try (0..<(1 << 50)).mapParallel { $0 }.isEmpty
        } catch SeppoError.notEnoughMemory {
          return true
        }
      }
      try Seppo.atRoot { print(caught) }
    case "results that grow too large":
      try limitMemory()
      _ = try (0..<400).mapParallel { large($0, 8) }
    case "results that grow too large, caught":
      try limitMemory()
      do { _ = try (0..<400).mapParallel { large($0, 8) } } catch SeppoError.notEnoughMemory { print("caught") }
      try Seppo.atRoot { print("and continued") }
    case "results that grow too large on two threads":
      try limitMemory(threads: 2)
      _ = try (0..<400).parallel(threads: 2).map { large($0, 8) }
    case "results that grow too large at root":
      try limitMemory()
      _ = try (0..<400).parallel().atRoot.map { large($0, 8) }
    case "results and errors that grow too large":
      try limitMemory()
      _ = try (0..<400).parallel().mapResults { large($0, 8) }
    case "strings that grow too large":
      try limitMemory()
      _ = try (0..<400_000).mapParallel { _ in
        String(unsafeUninitializedCapacity: 4_000) { bytes in
          bytes.initialize(repeating: UInt8(ascii: "x"))
          return bytes.count
        }
      }
    case "results that fit":
      // Rank 0 needs twice 160 MiB, which almost fills the memory.
      try limitMemory()
      let sizes = try (0..<20).mapParallel { large($0, 8) }.map(\.count)
      try Seppo.atRoot { print(sizes.reduce(0, +) >> 20) }
    case "message too large for root":
      try limitMemory(onRoot: true)
      _ = try (0..<2).parallel(chunk: .items(1)).map { item -> [UInt8] in
        if Seppo.isRoot {
          sleep(1)
          return []
        }
        return large(item, 600)
      }
    case "item too large for another rank":
      try limitMemory(onRoot: false)
      // Rank 0 gets the first item, and another rank the one that is too large for it.
      let items = try Seppo.atRoot { [[], large(1, 600)] }
      _ = try items.parallel(chunk: .items(1)).map { item -> Int in
        if Seppo.isRoot { sleep(2) }
        return item.count
      }
    case "results too large for another rank":
      try limitMemory(onRoot: false)
      _ = try (0..<80_000_000).mapParallel { $0 }
    case "arrays too large for another rank":
      try limitMemory(onRoot: false)
      _ = try (0..<80).mapParallel { large($0, 8) }
    case "arrays that fit another rank":
      try limitMemory(onRoot: false)
      _ = try (0..<40).mapParallel { large($0, 8) }
    case "value too large for another rank":
      try limitMemory(onRoot: false)
      _ = try Seppo.atRoot { large(1, 300) }.broadcast()
    case "results for all": _ = try (0..<30_000_000).mapParallel { $0 }
    case "arrays for all": _ = try (0..<40).mapParallel { large($0, 8) }
    case "arrays for all, caught":
      // They fit on rank 0. That they don't fit on the others is known only when all have arrived.
      do { _ = try (0..<30).mapParallel { large($0, 8) } } catch SeppoError.notEnoughMemory { print("caught") }
      try Seppo.atRoot { print("and continued") }
    case "value for all": _ = try Seppo.atRoot { large(1, 140) }.broadcast()
    default: throw Trouble()
    }
  }

  private static func large(_ item: Int, _ megabytes: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(item & 0xFF), count: megabytes << 20)
  }

  /// Limits this process to 512 MiB more than it uses now.
  ///
  /// - Parameter onRoot: Whether to limit only rank 0 or only the other ranks; nil for all ranks.
  private static func limitMemory(onRoot: Bool? = nil, threads: Int = 1) throws {
    // So that the compute threads have their stacks.
    _ = try (0..<8).parallel(chunk: .items(1), threads: threads).map { $0 }
    guard onRoot == nil || onRoot == Seppo.isRoot, let file = fopen("/proc/self/statm", "r") else { return }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 64)
    guard fgets(&text, 64, file) != nil else { return }
    limitMemory(to: strtol(text, nil, 10) * sysconf(Int32(_SC_PAGESIZE)) + (512 << 20))
  }

  static func limitMemory(to bytes: Int) {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      setrlimit(RLIMIT_AS, &limit)
    #endif
  }
}
