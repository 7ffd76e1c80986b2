// Programs that end in different ways. The suite starts each one and checks its status and messages.
//
//   mpirun -n 3 Endings NAME [RANK]
//
// Items that end their rank do so on RANK, by default the last rank.

import Foundation
import CMPI
import SeppoMPI
import Synchronization

struct Trouble: Error, CustomStringConvertible {
  var description: String { "trouble of the program's own" }
}

@main
struct Endings {
  static func main() throws {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    switch name {
    case "run twice":
      Seppo.run { try Seppo.atRoot { print("first") } }
      Seppo.run { try Seppo.atRoot { print("second") } }
    case "rank before run":
      let before = [Seppo.rank, Seppo.size]
      Seppo.run {
        let all = try (0..<Seppo.size).parallel(chunk: .items(1)).map { $0 }
        let same = before == [Seppo.rank, Seppo.size] && all.count == Seppo.size
        try Seppo.atRoot { print(same ? "the same" : "not the same") }
      }
    case "rank without run":
      print("rank \(Seppo.rank) of \(Seppo.size)")
    case "split sizes that differ":
      // Like a launcher that doesn't pass the environment to other hosts.
      if launcherPlace?.rank == 0 { setenv("SEPPO_SPLIT_BYTES", "1024", 1) }
      Seppo.run {
        let values = try Seppo.atRoot { Array(0..<10_000) }.broadcast()
        if values != Array(0..<10_000) { throw Trouble() }
      }
    case "MPI of the program's own":
      MPI_Init(nil, nil)
      Seppo.run { _ = try [1, 2].mapParallel { $0 } }
      print(MPI_Finalize())
    case "MPI of the program's own, rank without run":
      MPI_Init(nil, nil)
      print("\(Seppo.rank), \(MPI_Finalize())")
    case "MPI of the program's own, exit":
      MPI_Init(nil, nil)
      Seppo.run { Seppo.exit(0) }
    case "MPI of the program's own, another thread":
      MPI_Init(nil, nil)
      Seppo.run {
        var thread = pthread_t()
        pthread_create(
          &thread, nil,
          { _ in
            do { print(try [1].mapParallel { $0 }) } catch SeppoError.wrongThread { print("refused") } catch {}
            return nil
          }, nil)
        pthread_join(thread, nil)
      }
      print(MPI_Finalize())
    case "launcher of another MPI":
      // Like MPICH's launcher: it announces several ranks, but the library finds only one.
      setenv("PMI_RANK", "0", 1)
      setenv("PMI_SIZE", "3", 1)
      Seppo.run {}
    case "child and pipe":
      var ends: [Int32] = [-1, -1]
      pipe(&ends)
      Seppo.run {
        var status: Int32 = 0
        let isAlone = waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD
        close(ends[1])
        let hasEnded = read(ends[0], &status, 1) == 0
        print("\(isAlone ? "no child" : "a child"), and the pipe \(hasEnded ? "ends" : "goes on")")
      }
    case "kill before run":
      // From the launcher's environment, because `Seppo.rank` would start MPI.
      if launcherPlace?.rank == 1 { kill(getpid(), SIGKILL) }
      Seppo.run {}
    case "kill after run":
      Seppo.run {}
      if Seppo.rank == 1 { kill(getpid(), SIGKILL) }
    case "exit after run":
      Seppo.run {}
      Seppo.exit(5)
    case "exit before run": Seppo.exit(5)
    case "exit of one rank before run":
      if Seppo.rank == 1 { exit(5) }
      Seppo.run { _ = try [1, 2].mapParallel { $0 } }
    case "return of one rank before run":
      if Seppo.rank == 1 { return }
      Seppo.run { _ = try [1, 2].mapParallel { $0 } }
    case "Seppo.exit of one rank before run":
      if Seppo.rank == 1 { Seppo.exit(5) }
      Seppo.run { _ = try [1, 2].mapParallel { $0 } }
    default:
      if try endsWithoutRun(name) { return }
      Seppo.run { try ending(name) }
      if Seppo.isRoot { print("after run") }
    }
  }

  static func ending(_ name: String) throws {
    let last = Seppo.size - 1
    let isLast = Seppo.rank == last
    switch name {
    case "well": try Seppo.atRoot { print("well") }
    case "three threads":
      for threads in [1, 3, 2, 3] { _ = try [1, 2].parallel(threads: threads).map { $0 } }

    // Divergence.
    case "map against atRoot":
      if Seppo.isRoot {
        try Seppo.atRoot {}
      } else {
        _ = try [1, 2].mapParallel { $0 }
      }
    case "atRoot against map":
      if Seppo.isRoot {
        _ = try [1, 2].mapParallel { $0 }
      } else {
        try Seppo.atRoot {}
      }
    case "atRoot that prints against map":
      if Seppo.isRoot {
        try Seppo.atRoot { print("too early") }
      } else {
        _ = try [1, 2].mapParallel { $0 }
      }
    case "one call against another on its line":
      let calls: [() throws -> [Int]] = [{ try [1].mapParallel { $0 } }, { try [1].mapParallel { -$0 } }]
      _ = try calls[Seppo.isRoot ? 0 : 1]()
    case "one rank a round ahead":
      // The last rank's first call fails on that rank only. Its second call is at the line of the others' first.
      for round in 0..<2 {
        do {
          _ = try [1, 2].parallel(threads: isLast && round == 0 ? 0 : 1).map { $0 }
        } catch SeppoError.badOption {}
      }
    case "one line against another":
      if isLast {
        _ = try [1, 2].mapParallel { $0 }
      } else {
        _ = try [1, 2].mapParallel { $0 }
      }
    case "one type against another":
      if isLast { try map(["a"]) } else { try map([1]) }
    case "three places":
      switch Seppo.rank {
      case 0: _ = try [1].mapParallel { $0 }
      case 1: try Seppo.atRoot {}
      default:
        // This rank arrives after the others.
        usleep(20_000)
        _ = try Seppo.atRoot { 1 }.broadcast()
      }
    case "more rounds on one rank":
      for _ in 0..<(isLast ? 2 : 3) { _ = try [1, 2].mapParallel { $0 } }
    case "fewer rounds at root":
      for _ in 0..<(Seppo.isRoot ? 2 : 3) { _ = try [1, 2].mapParallel { $0 } }
    case "early return":
      if isLast { return }
      _ = try [1, 2].mapParallel { $0 }
    case "early return of root":
      if Seppo.isRoot { return }
      _ = try [1, 2].mapParallel { $0 }
    case "broadcast against end":
      let value = try Seppo.atRoot { 1 }
      if isLast { return }
      _ = try value.broadcast()
    case "divergence during long items":
      if isLast { return }
      _ = try (0..<Seppo.size).parallel(chunk: .items(1)).map { item -> Int in
        sleep(600)
        return item
      }
    case "divergence with a long message":
      // A message too long to be sent before its receiver polls, as with many ranks or deep generic types.
      typealias Deep<T> = [String: [String: [String: [String: T]]]]
      typealias Words = Deep<Deep<Deep<Deep<Deep<Deep<Deep<Deep<Int>>>>>>>>
      if Seppo.isRoot {
        try map([Words]())
      } else {
        if isLast { sleep(600) }
        do { try map([[Words]]()) } catch { sleep(600) }
      }
    case "divergence that is caught":
      do {
        if isLast { try Seppo.atRoot {} } else { _ = try [1].mapParallel { $0 } }
      } catch {
        if Seppo.isRoot { print("caught") }
      }

    case "divergence that every rank reports":
      // Rank 0 continues with its own code, so that its end doesn't end the others.
      do {
        if Seppo.isRoot { _ = try [1].mapParallel { $0 } } else { try Seppo.atRoot {} }
      } catch {
        if Seppo.isRoot { sleep(600) } else { print("reported") }
      }

    // Errors that leave the body.
    case "too many threads":
      limitMemory(to: 2 << 30)
      try mapOnManyThreads()
    case "too many threads, caught":
      limitMemory(to: 2 << 30)
      do { try mapOnManyThreads() } catch SeppoError.noThread {}
      for _ in 0..<100 where threadsOfThisProcess >= 10 { usleep(100_000) }
      print(threadsOfThisProcess < 10 ? "few threads" : "\(threadsOfThisProcess) threads")
      print(try [1, 2].parallel(threads: 2).map { $0 })
    case "many threads, one item":
      let threads = try [1].parallel(threads: 1_000).map { _ in threadsOfThisProcess }[0]
      try Seppo.atRoot { print(threads < 50 ? "few threads" : "\(threads) threads") }
    case "throw everywhere": throw Trouble()
    case "throw on the last rank":
      if isLast { throw Trouble() }
      _ = try [1, 2].mapParallel { $0 }
    case "throw on root":
      if Seppo.isRoot { throw Trouble() }
      _ = try [1, 2].mapParallel { $0 }
    case "throw during long items":
      if isLast { throw Trouble() }
      _ = try (0..<Seppo.size).parallel(chunk: .items(1)).map { item -> Int in
        sleep(600)
        return item
      }
    case "throw while root is in its own code":
      if Seppo.rank == 1 { throw Trouble() } else { sleep(600) }
    case "throw of root while others are in their own code":
      if Seppo.isRoot { throw Trouble() } else { sleep(600) }
    case "item throws":
      print("before")
      _ = try (0..<100).mapParallel { item -> Int in
        if item == 77 { throw Trouble() }
        return item
      }
    case "atRoot throws": try Seppo.atRoot { throw Trouble() }
    case "run inside run": Seppo.run {}

    // Exits.
    case "exit":
      if Seppo.isRoot { print("printed before the exit") }
      Seppo.exit(7)
    case "exit 0": Seppo.exit(0)
    case "exit at root":
      try Seppo.atRoot {
        print("printed before the exit")
        Seppo.exit(64)
      }
    case "exit on one rank":
      if isLast { Seppo.exit(7) }
      _ = try [1, 2].mapParallel { $0 }
    case "Seppo.exit in an item": try onVictim { Seppo.exit(0) }
    case "run in an item": try onVictim { Seppo.run {} }
    case "Seppo.exit on a thread of an item":
      try onVictim {
        var thread = pthread_t()
        pthread_create(&thread, nil, { _ in Seppo.exit(0) }, nil)
        pthread_join(thread, nil)
      }
    case "Seppo.exit 256 in an item": try onVictim { Seppo.exit(256) }
    case "exit in an item": try onVictim { exit(0) }
    case "exit 3 in an item": try onVictim { exit(3) }

    // Deaths.
    case "_exit in an item": try onVictim { _exit(0) }
    case "_exit 3 in an item": try onVictim { _exit(3) }
    case "fatalError in an item": try onVictim { fatalError("on purpose") }
    // The standard library's function beside it ends programs after an error that leaves main.
    case "fatalError in an iterator": _ = try AnyIterator<Int> { fatalError("on purpose") }.mapParallel { $0 }
    case "fatalError in an iterator of its own":
      _ = try (0..<Seppo.size).mapParallel { $0 }
      if Seppo.rank == victim { _ = AnyIterator<Int> { fatalError("on purpose") }.next() }
      _ = try (0..<Seppo.size).mapParallel { $0 }
    case "index out of range in an item": try onVictim { print([1, 2, 3][CommandLine.arguments.count + 3]) }
    case "bad address in an item": try onVictim { UnsafeMutablePointer<Int>(bitPattern: 64)?.pointee = 1 }
    case "endless recursion in an item": try onVictim { print(depth(1)) }
    case "abort in an item": try onVictim { abort() }
    case "kill in an item": try onVictim { kill(getpid(), SIGKILL) }
    case "kill -HUP in an item": try onVictim { killFromOutside("HUP") }
    case "kill -TERM in an item": try onVictim { killFromOutside("TERM") }
    case "abort in one of three items":
      // Then each thread has an item, because no item ends.
      _ = try (0..<(3 * Seppo.size)).parallel(chunk: .items(1), threads: 3).map { item -> Int in
        if Seppo.rank == victim, startedCount.add(1, ordering: .relaxed).newValue == 3 { abort() }
        while true { sleep(1) }
      }
    case "kill in atRoot":
      _ = try [1, 2].mapParallel { $0 }
      try Seppo.atRoot { killFromOutside("KILL") }
    case "kill in the program's own code":
      _ = try [1, 2].mapParallel { $0 }
      if Seppo.rank == victim { killFromOutside("KILL") }
      _ = try [1, 2].mapParallel { $0 }
    case "kill before the first call":
      if Seppo.rank == victim { killFromOutside("KILL") }
      _ = try [1, 2].mapParallel { $0 }
    case "kill where all ranks ignore SIGTERM":
      // Like a program that saves its state on SIGTERM.
      signal(SIGTERM, SIG_IGN)
      try onVictim { kill(getpid(), SIGKILL) }
    case "a child that dies as a rank would":
      try onVictim {
        let child = forkProcess()
        if child == 0 { abort() }
        var status: Int32 = 0
        // There must be no other child.
        while waitpid(-1, &status, 0) != child {}
        if waitpid(-1, &status, 0) != -1 { print("a child that isn't the program's") }
        kill(getpid(), SIGKILL)
      }
    case "requests to stop while the job ends":
      try sendRequestsAfterMessage()
      throw Trouble()
    case "children that exit in an item": try onVictim { letChildExit(in: "an item") }
    case "items and results that lose something":
      let items = (0..<6).map { Lossy(kept: $0, lost: $0 == 1 ? 7 : 0) }
      for _ in 0..<3 { _ = try items.mapParallel { $0.kept } }
      _ = try (0..<6).parallel().atRoot.map { [Lossy(kept: $0, lost: 7)] }
    case "a child that returns from an item": try letChildReturn(throwing: false)
    case "a child that throws out of an item": try letChildReturn(throwing: true)
    case "a child that exits in atRoot": try Seppo.atRoot { letChildExit(in: "atRoot") }
    case "kill after a child has exited":
      try onVictim {
        letChildExit(in: "an item")
        kill(getpid(), SIGKILL)
      }
    case "kill with a child that survives":
      try onVictim {
        let launcher = getppid()
        if forkProcess() == 0 {
          // Open MPI 5 waits for processes that have them open.
          for file: Int32 in 0...2 { close(file) }
          while kill(launcher, 0) == 0 { usleep(10_000) }
          _exit(0)
        }
        kill(getpid(), SIGKILL)
      }

    default: try loopEnding(name)
    }
  }

  static func mapOnManyThreads() throws {
    _ = try (0..<1_000).parallel(chunk: .items(1), threads: 1_000).map { item -> Int in
      usleep(500_000)
      return item
    }
  }

  static var threadsOfThisProcess: Int {
    guard let folder = opendir("/proc/self/task") else { return 0 }
    defer { closedir(folder) }
    var count = -2  // "." and ".."
    while readdir(folder) != nil { count += 1 }
    return count
  }

  static func map<T: Codable & Sendable>(_ items: [T]) throws { _ = try items.mapParallel { $0 } }

  /// The rank that is to die.
  static let victim = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? Seppo.size - 1

  static func onVictim(_ body: @Sendable () -> Void) throws {
    _ = try (0..<(4 * Seppo.size)).parallel(chunk: .items(1)).map { item -> Int in
      if Seppo.rank == victim { body() }
      usleep(200_000)
      return item
    }
  }

  static let startedCount = Atomic<Int>(0)

  /// Waits until another process kills this one.
  static func killFromOutside(_ signal: String) {
    var arguments: [UnsafeMutablePointer<CChar>?] =
      (["sh", "-c", "kill -\(signal) $PPID"] as [String]).map { strdup($0) }
    arguments.append(nil)
    var killer = pid_t()
    posix_spawn(&killer, "/bin/sh", nil, nil, &arguments, nil)
    while true { pause() }
  }

  /// The C library's `fork`. Swift hides it, but a program may call it from C code.
  static func forkProcess() -> pid_t {
    let fork = dlsym(nil, "fork").map { unsafeBitCast($0, to: (@convention(c) () -> pid_t).self) }
    return fork?() ?? -1
  }

  static func depth(_ number: Int) -> Int { number == 0 ? 0 : 1 + depth(number + 1) }
}

/// A type whose property `lost` isn't encoded.
struct Lossy: Codable {
  var kept: Int
  var lost = 0
  enum CodingKeys: CodingKey { case kept }
}
