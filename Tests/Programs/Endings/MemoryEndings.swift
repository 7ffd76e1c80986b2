import SeppoMPI

/// Calls that need more memory than there is.
extension Endings {
  static func memoryEnding(_ name: String) throws {
    switch name {
    case "results too large at once":
      limitMemory(to: 2 << 30)
      _ = try (0..<300_000_000).mapParallel { $0 }
    case "results too large at once, caught":
      limitMemory(to: 2 << 30)
      do {
        _ = try (0..<(1 << 50)).mapParallel { $0 }
      } catch SeppoError.notEnoughMemory {
        print("caught")
      }
      let sum = try (0..<1000).mapParallel { $0 }.reduce(0, +)
      try Seppo.atRoot { print(sum) }
    case "results too large at root, caught":
      limitMemory(to: 2 << 30)
      do {
        _ = try (0..<300_000_000).parallel(retries: 1).mapResultsAtRoot { $0 }
      } catch SeppoError.notEnoughMemory {
        print("caught")
      }
    case "results that grow too large":
      limitMemory(to: 2 << 30)
      _ = try (0..<400).mapParallel { [UInt8](repeating: UInt8($0 & 0xFF), count: 8 << 20) }
    case "results that grow too large on two threads":
      limitMemory(to: 2 << 30)
      _ = try (0..<400).parallel(threads: 2).map { [UInt8](repeating: UInt8($0 & 0xFF), count: 8 << 20) }
    case "results that grow too large at root":
      limitMemory(to: 2 << 30)
      _ = try (0..<400).parallel().mapAtRoot { [UInt8](repeating: UInt8($0 & 0xFF), count: 8 << 20) }
    case "strings that grow too large":
      limitMemory(to: 2 << 30)
      _ = try (0..<8_000_000).mapParallel { "\($0)" + String(repeating: "x", count: 400) }
    case "results that nearly fill the memory":
      limitMemory(to: 2 << 30)
      let sizes = try (0..<50).mapParallel { [UInt8](repeating: UInt8($0), count: 8 << 20) }.map(\.count)
      try Seppo.atRoot { print(sizes.reduce(0, +) >> 20) }
    case "message too large for root":
      if Seppo.isRoot { limitMemory(to: 1 << 30) }
      _ = try (0..<2).parallel(chunk: .items(1)).map { item -> [UInt8] in
        if Seppo.isRoot {
          usleep(200_000)
          return []
        }
        return [UInt8](repeating: 1, count: 1 << 30)
      }
    case "items too large for another rank":
      if !Seppo.isRoot { limitMemory(to: 1 << 30) }
      let item = Seppo.isRoot ? [UInt8](repeating: 1, count: 1 << 30) : []
      _ = try [[], item, item].parallel(chunk: .items(1)).map { item -> Int in
        if item.isEmpty { sleep(2) }
        return item.count
      }
    case "results too large for another rank":
      if !Seppo.isRoot { limitMemory(to: 1 << 30) }
      _ = try (0..<(1 << 27)).mapParallel { $0 }
    case "value too large for another rank":
      if !Seppo.isRoot { limitMemory(to: 1 << 30) }
      _ = try Seppo.atRoot { [UInt8](repeating: 1, count: 600 << 20) }.broadcast()
    default: throw Trouble()
    }
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
