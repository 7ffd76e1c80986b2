import Foundation
import SeppoMPI

/// Ends this process in different ways.
private enum Crash: Int, CaseIterable {
  case trap, address, recursion, abort, exit, quickExit, kill, overflow

  func happen() {
    switch self {
    case .trap: fatalError("crash on purpose")
    case .address: UnsafeMutablePointer<Int>(bitPattern: 64)?.pointee = 1
    case .recursion: print(depth(1))
    case .abort: Foundation.abort()
    case .exit: Foundation.exit(7)
    case .quickExit: _exit(0)
    case .kill: Foundation.kill(getpid(), SIGKILL)
    case .overflow: print(Int.max + CommandLine.arguments.count)
    }
  }

  func isCause(of item: SeppoError.CrashedItem) -> Bool {
    switch self {
    case .trap: item.signal != nil && item.lastLine.contains("crash on purpose")
    case .address, .recursion: item.signal == SIGSEGV
    case .abort: item.signal == SIGABRT
    case .exit: item.status == 7 && item.signal == nil
    case .quickExit: item.status == 0 && item.signal == nil
    case .kill: item.signal == SIGKILL
    case .overflow: item.signal != nil
    }
  }
}

/// Swift declares `fork` unavailable.
@_silgen_name("fork") private func forkProcess() -> pid_t

/// Returns the number of processes that this one has forked and that are alive.
func childrenCount() -> Int {
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  return threads.reduce(0) { count, thread in
    let children = (try? String(contentsOfFile: "/proc/self/task/\(thread)/children", encoding: .utf8)) ?? ""
    return count + children.split(separator: " ").count
  }
}

func openDescriptors() -> [String] {
  // One of them is that of the folder itself.
  ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).filter {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.contains("/fd") == false
  }.sorted()
}

private func depth(_ level: Int) -> Int { level < 0 ? 0 : depth(level + 1) + withUnsafeBytes(of: level) { Int($0[0]) } }

private func isCrash(_ error: SeppoError, of index: Int, tries: Int = 1, _ crash: Crash? = nil) -> Bool {
  guard case .itemCrashed(let item) = error, item.index == index, item.tries == tries, item.others == 0 else {
    return false
  }
  return (crash?.isCause(of: item) ?? true) && item.place.contains("IsolationLaws.swift:")
    && item.host == hostName(ofRank: item.rank)
}

private let needsProcess = "only a rank that is a process has child processes"
private let isolated = ParallelOptions(isolation: .process)

let isolationLaws = [
  Law("in processes of their own, items have the values that map has", needsProcess: needsProcess) {
    let numbers = Array(0..<3_000)
    let f = { @Sendable (number: Int) in Double(number).squareRoot() }
    try requireEqual(try numbers.parallel(isolated).map(f), numbers.map(f))
    let texts = numbers.map { "item \($0) \(String(repeating: "é", count: $0 % 50))" }
    try requireEqual(try texts.parallel(isolated).map { $0 + "!" }, texts.map { $0 + "!" })
    // Longer than the memory that both processes share.
    let long = try (0..<6).parallel(isolated).map { [UInt8](repeating: UInt8($0), count: 900_000) }
    try requireEqual(long.map(\.count), Array(repeating: 900_000, count: 6))
    try require(long.enumerated().allSatisfy { number, bytes in bytes.allSatisfy { $0 == UInt8(number) } }, "bytes")
    let sizes = try long.parallel(isolated).map { bytes in bytes.reduce(0) { $0 + Int($1) } }
    try requireEqual(sizes, (0..<6).map { $0 * 900_000 })
  },
  Law("in processes of their own, all verbs have the values that Sequence has", needsProcess: needsProcess) {
    let numbers = (0..<2_000).map { ($0 * 7_919) % 1_000 - 500 }
    let parallel = numbers.parallel(isolated)
    try requireEqual(try parallel.filter { $0 % 3 == 0 }, numbers.filter { $0 % 3 == 0 })
    try requireEqual(try parallel.compactMap { $0 > 0 ? $0 : nil }, numbers.compactMap { $0 > 0 ? $0 : nil })
    try requireEqual(try parallel.flatMap { [$0, -$0] }, numbers.flatMap { [$0, -$0] })
    try requireEqual(try parallel.reduce(0, +), numbers.reduce(0, +))
    try requireEqual(
      try parallel.mapReduce(0, { $0 * $0 }, +), numbers.map { $0 * $0 }.reduce(0, +))
    try requireEqual(try parallel.count { $0 < 0 }, numbers.count { $0 < 0 })
    try requireEqual(try parallel.max(), numbers.max())
    try requireEqual(try parallel.first { $0 == 77 }, numbers.first { $0 == 77 })
    try requireEqual(try parallel.contains { $0 == 501 }, false)
    var sum = 0
    try (0..<500).lazy.map { $0 * 2 }.parallel(isolated).forEachResult({ $0 + 1 }) { _, value in sum += value }
    if Seppo.isRoot { try requireEqual(sum, (0..<500).reduce(0) { $0 + 2 * $1 + 1 }) }
    let pooled = try Seppo.withPool({ (number: Int) in number + 1 }, isolated) { pool in
      try pool.map(0..<300).reduce(0, +)
    }
    try requireEqual(pooled.value, atRootOnly(300 * 301 / 2))
    let random = try (0..<100).parallel(seed: 3, isolation: .process).map { _, random in random.next() }
    try requireEqual(random, try (0..<100).parallel(seed: 3).map { _, random in random.next() })
    let sizes = try (0..<200).parallel(threads: 2, isolation: .process).map(with: { [0] }) { state, item -> Int in
      state[0] += 1
      return state[0] > 0 ? item : -1
    }
    try requireEqual(sizes, Array(0..<200))
  },
  Law("an item that crashes in any way fails alone, and its error tells how", needsProcess: needsProcess) {
    let crashes = Crash.allCases
    let shared = try SharedBytes(100)
    let results = try (0..<100).parallel(isolated).mapResults { item -> Int in
      shared[item] += 1
      if item % 10 == 3, let crash = Crash(rawValue: item / 10) { crash.happen() }
      return item * 2
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual(value, item * 2)
      case .failure(let error):
        try require(
          item % 10 == 3 && isCrash(error, of: item, Crash(rawValue: item / 10)), "item \(item): \(error)")
      }
    }
    try requireEqual(results.count { (try? $0.get()) == nil }, crashes.count)
    if !isChecked { try requireEqual((0..<100).map { shared[$0] }, Array(repeating: 1, count: 100), "computed") }
  },
  Law("a process that an isolated item forks has the item's files", needsProcess: needsProcess) {
    let lost = try (0..<3).parallel(isolated).map { _ in
      // As many as take all numbers that were free, those of files that were closed when this process began among them.
      let files = (0..<64).map { _ in open("/dev/null", O_RDONLY) }
      defer { for file in files { close(file) } }
      let process = forkProcess()
      if process == 0 { _exit(Int32(files.count { fcntl($0, F_GETFD) < 0 })) }
      var status: Int32 = 0
      waitpid(process, &status, 0)
      return status >> 8
    }
    try requireEqual(lost, [0, 0, 0])
  },
  Law("map throws the error of the first item that crashes, on every rank", needsProcess: needsProcess) {
    let error = try errorOf {
      _ = try (0..<60).parallel(isolated).map { item -> Int in
        if item % 20 == 17 { fatalError("crash on purpose") }
        return item
      }
    }
    try require(isCrash(error, of: 17, .trap), "\(error)")
    try require("\(error)".hasPrefix("item 17 crashed on rank "), "\(error)")
    try requireEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)")
    try requireEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
  },
  Law("an item that crashes is tried again", needsProcess: needsProcess) {
    let shared = try SharedBytes(40)
    let values = try (0..<40).parallel(retries: 1, isolation: .process).map { item -> Int in
      if item % 8 == 5, !shared.isMarked(item) {
        shared.mark(item)
        Foundation.abort()
      }
      return item
    }
    try requireEqual(values, Array(0..<40))
    let error = try errorOf {
      _ = try (0..<20).parallel(retries: 2, isolation: .process).map { item -> Int in
        if item == 7 { Foundation.abort() }
        return item
      }
    }
    try require(isCrash(error, of: 7, tries: 3, .abort), "\(error)")
  },
  Law("errors that f throws arrive as from a thread", needsProcess: needsProcess) {
    let error = try errorOf {
      _ = try (0..<50).parallel(isolated).map { item -> Int in
        if item == 20 || item == 41 { throw LawError(description: "item \(item)") }
        return item
      }
    }
    guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
    try requireEqual(item.index, 20)
    try requireEqual(item.description, "item 20")
  },
  Law("an item that never ends is killed at its timeout, and the others go on", needsProcess: needsProcess) {
    let results = try (0..<30).parallel(timeout: .milliseconds(300), isolation: .process).mapResults { item -> Int in
      if item == 11 { while true { usleep(1_000) } }
      return item
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual(value, item)
      case .failure(.itemTimedOut(let late)):
        try require(item == 11 && late.index == 11 && late.timeout == 0.3, "item \(item): \(late)")
      case .failure(let error): throw LawError(description: "item \(item): \(error)")
      }
    }
    try requireEqual(results.count { (try? $0.get()) == nil }, 1)
  },
  Law(
    "what an item changes in its process stays there, and a new process comes after so many items", withoutCheck: true,
    needsProcess: needsProcess
  ) {
    let folder = FileManager.default.currentDirectoryPath
    let values = try (0..<20).parallel(isolation: .process, recycle: 1).map { item -> [String] in
      let before = getenv("SEPPO_LAW_ITEM").map { String(cString: $0) } ?? "unset"
      setenv("SEPPO_LAW_ITEM", "\(item)", 1)
      chdir("/")
      return [before, String(cString: getenv("SEPPO_LAW_ITEM")), "\(getpid())"]
    }
    try requireEqual(values.map { $0[0] }, Array(repeating: "unset", count: 20))
    try requireEqual(values.map { $0[1] }, (0..<20).map { "\($0)" })
    try requireEqual(Set(values.map { $0[2] }).count, 20)
    try require(getenv("SEPPO_LAW_ITEM") == nil, "the rank has the item's environment")
    try requireEqual(FileManager.default.currentDirectoryPath, folder)
  },
  Law("an item that takes more memory than it may crashes alone", needsProcess: needsProcess) {
    let results = try (0..<12).parallel(isolation: .process, memoryPerItem: 64 << 20).mapResults { item -> Int in
      var bytes = [UInt8](repeating: 1, count: item == 5 ? 256 << 20 : 1 << 20)
      bytes[bytes.count - 1] = UInt8(item)
      return bytes.reduce(0) { max($0, Int($1)) }
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try require(item != 5 && value == max(1, item), "item \(item): \(value)")
      case .failure(let error): try require(item == 5 && isCrash(error, of: 5), "item \(item): \(error)")
      }
    }
  },
  Law("an item may use all its own rank's data, nest calls, and close descriptors", needsProcess: needsProcess) {
    let table = (0..<100_000).map { $0 * 3 }
    let values = try (0..<10).parallel(isolated).map { item -> Int in
      for file in 3..<100 { close(Int32(file)) }
      return table[item * 1_000] + (try (0..<5).mapParallel { $0 }.reduce(0, +))
    }
    try requireEqual(values, (0..<10).map { $0 * 3_000 + 10 })
    let error = try errorOf {
      _ = try (0..<4).parallel(isolated).map { item -> Int in
        try Seppo.atRoot {}
        return item
      }
    }
    guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
    try require(item.description.contains("atRoot was called inside an item"), "\(error)")
  },
  Law("an item that stops the process above its own delays nothing for long", needsProcess: needsProcess) {
    let results = try (0..<12).parallel(isolated).mapResults { item -> Int in
      if item == 5 {
        Foundation.kill(getppid(), SIGSTOP)
        Foundation.abort()
      }
      return item
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual(value, item)
      case .failure(let error): try require(item == 5 && isCrash(error, of: 5, .abort), "item \(item): \(error)")
      }
    }
    let pairs = try zip(0..<9, 1...).parallel(isolation: .process).map { first, second in first * second }
    try requireEqual(pairs, (0..<9).map { $0 * ($0 + 1) })
  },
  Law("many crashes leave no process, descriptor or memory behind", needsProcess: needsProcess) {
    // The first call starts the process that cares for all, and connections of MPI.
    _ = try (0..<20).parallel(isolated).map { $0 }
    let (descriptors, children) = (openDescriptors(), childrenCount())
    let results = try (0..<400).parallel(isolated).mapResults { item -> Int in
      if item % 2 == 1 { Foundation.abort() }
      return item
    }
    try requireEqual(results.count { (try? $0.get()) == nil }, 200)
    try requireEqual(childrenCount(), children)
    try requireEqual(openDescriptors(), descriptors)
    let shared = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { $0.hasPrefix("seppo") }
    try requireEqual(shared, [])
  },
  Law("an item that kills the process above its own fails alone", needsProcess: needsProcess) {
    let results = try (0..<20).parallel(isolated).mapResults { item -> Int in
      if item % 10 == 5 {
        Foundation.kill(getppid(), SIGKILL)
        while true { pause() }
      }
      return item
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual(value, item)
      case .failure(let error):
        try require(item % 10 == 5 && isCrash(error, of: item, .kill), "item \(item): \(error)")
      }
    }
  },
  Law("the processes of items are forked before the body of a pool runs", needsProcess: needsProcess) {
    let before = childrenCount()
    let forked = try Seppo.withPool({ (number: Int) in number }, isolated) { _ in childrenCount() - before }
    // One rank computes through processes, too.
    try requireEqual(forked.value, atRootOnly(1))
  },
  Law("an item that stops its process delays nothing beyond its timeout, also long items", needsProcess: needsProcess) {
    let long = (0..<12).map { [UInt8](repeating: UInt8($0), count: 600_000) }
    let results = try long.parallel(timeout: .milliseconds(500), isolation: .process).mapResults { bytes -> Int in
      if bytes[0] == 2 { Foundation.kill(getpid(), SIGSTOP) }
      return Int(bytes[0])
    }
    var late = 0
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual(value, item)
      // The signal may take effect only in the item after it.
      case .failure(.itemTimedOut): late += 1
      case .failure(let error): throw LawError(description: "item \(item): \(error)")
      }
    }
    try require(late <= 1, "\(late) items were late")
  },
  Law("in an item that is computed in a thread, other items can't have processes", needsProcess: needsProcess) {
    let error = try errorOf {
      _ = try (0..<2).parallel(threads: 2).map { item in try (0..<3).parallel(isolated).map { $0 + item } }
    }
    guard case .itemThrew(let item) = error else { throw error }
    try require(item.description.contains("isolation: .process") && item.index == 0, "\(item)")
    // In a process of its own, they are computed there.
    let nested = try (0..<2).parallel(isolated).map { item in try (0..<3).parallel(isolated).map { $0 + item } }
    try requireEqual(nested, [[0, 1, 2], [1, 2, 3]])
  },
  Law("items that exceed their limit at any moment are late, and never crash", needsProcess: needsProcess) {
    for (limit, times) in [(Duration.nanoseconds(1), 0..<5), (.milliseconds(3), 0..<60)] {
      let results = try times.parallel(timeout: limit, isolation: .process).mapResults { item -> Int in
        usleep(UInt32(2_000 + 40 * item))
        return item
      }
      for (item, result) in results.enumerated() {
        switch result {
        case .success(let value): try requireEqual(value, item)
        case .failure(.itemTimedOut(let late)): try requireEqual(late.index, item)
        case .failure(let error): throw error
        }
      }
    }
  },
  Law(
    "a signal that an item sends to its process is its own, and so is the end of its thread", needsProcess: needsProcess
  ) {
    let results = try (0..<200).parallel(isolated).mapResults { item -> Int in
      if item % 50 == 9 { pthread_exit(nil) }
      if item % 2 == 1 { Foundation.kill(getpid(), SIGSEGV) }
      return item
    }
    for (item, result) in results.enumerated() {
      switch result {
      case .success(let value): try requireEqual([value, value % 2], [item, 0])
      case .failure(.itemCrashed(let crash)): try requireEqual([crash.index, crash.index % 2], [item, 1])
      case .failure(let error): throw error
      }
    }
  },
  Law("options of processes without processes, and impossible values, are errors", needsProcess: needsProcess) {
    for (options, name) in [
      (ParallelOptions(recycle: 1), "recycle"), (ParallelOptions(memoryPerItem: 1), "memoryPerItem"),
      (ParallelOptions(isolation: .process, recycle: 0), "recycle: 0"),
      (ParallelOptions(isolation: .process, memoryPerItem: -1), "memoryPerItem: -1"),
    ] {
      let error = try errorOf { _ = try (0..<4).parallel(options).map { $0 } }
      guard case .badOption(let option) = error else { throw LawError(description: "\(error)") }
      try requireEqual(option.name, name)
    }
  },
]
