import SeppoMPI
import Testing

/// Serialized because leaving a loop waits on a thread of Swift's pool, which all in-process ranks share.
@Suite("Results as an asynchronous sequence", .serialized)
struct AsyncResultsTests {
  @Test("Results come in order on rank 0, and none on the other ranks", arguments: [1, 2, 3])
  func order(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask { try await collect((0..<500).parallel().results { "\($0)" }) }
    }
    #expect(found[0].map(\.index) == Array(0..<500))
    #expect(found[0].map(\.value) == (0..<500).map { "\($0)" })
    #expect(found.dropFirst().allSatisfy { $0.isEmpty })
  }

  @Test("In the order of completion, each result comes once", arguments: [1, 3])
  func completion(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask { try await collect((0..<500).parallel(buffer: 7).results({ $0 * 2 }, order: .completion)) }
    }
    #expect(found[0].map(\.index).sorted() == Array(0..<500))
    #expect(found[0].allSatisfy { $0.value == 2 * $0.index })
    #expect(found.dropFirst().allSatisfy { $0.isEmpty })
  }

  @Test("Leaving the loop ends the call, and the next call works", arguments: [1, 3])
  func leaving(ranks: Int) async throws {
    let started = SharedCount()
    let found = try await withRanksAsync(ranks) {
      let last = try inTask {
        let results = (0..<1_000_000).parallel(buffer: 10).results { item in
          started.add()
          return item
        }
        for try await (index, _) in results where index == 5 { return index }
        return -1
      }
      return [last] + (try (1...3).mapParallel { $0 * $0 })
    }
    #expect(found == [[5, 1, 4, 9]] + Array(repeating: [-1, 1, 4, 9], count: ranks - 1))
    #expect(started.value < 1_000, "no further items are started")
  }

  @Test("An item's error is thrown on every rank, after the results before it", arguments: [1, 3])
  func itemError(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask {
        var count = 0
        do {
          let results = (0..<1_000).parallel().results { item in
            if item == 617 { throw Failed(number: item) }
            return item
          }
          for try await (index, _) in results {
            guard index == count else { return "index \(index) after \(count) results" }
            count += 1
          }
        } catch SeppoError.itemThrew(let item) {
          return "\(count) results, then item \(item.index)"
        }
        return "no error"
      }
    }
    #expect(found == ["617 results, then item 617"] + Array(repeating: "0 results, then item 617", count: ranks - 1))
  }

  @Test("Cancelling the task on rank 0 ends the call on every rank, and the next call works", arguments: [1, 3])
  func cancellation(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      let text = try inTask {
        do {
          for try await (index, _) in (0..<1_000_000).parallel(buffer: 10).results({ $0 }) where index == 3 {
            withUnsafeCurrentTask { $0?.cancel() }
          }
        } catch is CancellationError {
          return "CancellationError"
        } catch SeppoError.consumerThrew(let body) {
          return body.type
        }
        return "no error"
      }
      return "\(text) \(try (1...3).mapParallel { $0 })"
    }
    #expect(found == Array(repeating: "CancellationError [1, 2, 3]", count: ranks))
  }

  @Test("A task that is cancelled on another rank goes on computing")
  func cancellationElsewhere() async throws {
    let found = try await withRanksAsync(3) {
      try inTask {
        if Seppo.rank == 1 { withUnsafeCurrentTask { $0?.cancel() } }
        return try await collect((0..<100).parallel().results { $0 }).count
      }
    }
    #expect(found == [100, 0, 0])
  }

  @Test("The elements of an AsyncStream are drawn on rank 0 only", arguments: [1, 3])
  func asyncStream(ranks: Int) async throws {
    let drawn = SharedCount()
    let found = try await withRanksAsync(ranks) {
      let numbers = AsyncStream<Int> {
        let next = drawn.add()
        return next < 300 ? next : nil
      }
      return try inTask { try await collect(numbers.parallel().results { $0 * $0 }) }
    }
    #expect(found[0].map(\.value) == (0..<300).map { $0 * $0 })
    #expect(drawn.value == 301)
    #expect(found.dropFirst().allSatisfy { $0.isEmpty })
  }

  @Test("Elements that come one after the other don't delay the results before them", arguments: [1, 3])
  func slowStream(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      // The next element is sent when the result of the one before was consumed.
      let (numbers, sender) = AsyncStream.makeStream(of: Int.self)
      sender.yield(0)
      return try inTask {
        var values: [Int] = []
        for try await (index, value) in numbers.parallel().results({ $0 + 100 }) {
          values.append(value)
          if index < 20 { sender.yield(index + 1) } else { sender.finish() }
        }
        return values
      }
    }
    #expect(found == [Array(100...120)] + Array(repeating: [], count: ranks - 1))
  }

  @Test("An error of the sequence is thrown on every rank, after the results before it", arguments: [1, 3])
  func sequenceError(ranks: Int) async throws {
    let drawn = SharedCount()
    let found = try await withRanksAsync(ranks) {
      let numbers = AsyncThrowingStream<Int, any Error> {
        let next = drawn.add()
        if next == 40 { throw Failed(number: next) }
        return next
      }
      return try inTask {
        var count = 0
        do {
          for try await _ in numbers.parallel().results({ $0 }) { count += 1 }
        } catch SeppoError.sequenceThrew(let body) {
          return "\(count) \(body.type) \(body.description)"
        }
        return "no error"
      }
    }
    #expect(found[0].hasPrefix("40 Failed") && found[0].contains("40"))
    for text in found.dropFirst() { #expect(text == "0" + found[0].dropFirst(2)) }
  }

  @Test("Leaving the loop over an endless stream ends it", arguments: [1, 3])
  func leavingStream(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      let (numbers, sender) = AsyncStream.makeStream(of: Int.self)
      for number in 0..<5 { sender.yield(number) }
      let last = try inTask {
        for try await (index, _) in numbers.parallel().results({ $0 }) where index == 4 { return index }
        return -1
      }
      return [last] + (try (1...2).mapParallel { $0 })
    }
    #expect(found == [[4, 1, 2]] + Array(repeating: [-1, 1, 2], count: ranks - 1))
  }

  @Test("A buffer of no results is an error on every rank")
  func noBuffer() async throws {
    let found = try await withRanksAsync(2) {
      let numbers = AsyncStream<Int> { nil }
      return try inTask {
        do {
          _ = try await collect(numbers.parallel(ParallelOptions(buffer: 0)).results { $0 })
          return "no error"
        } catch SeppoError.badOption(let option) {
          return option.name
        }
      }
    }
    #expect(found == ["buffer: 0", "buffer: 0"])
  }
}

@Suite("Pools with an asynchronous body", .serialized)
struct AsyncPoolTests {
  @Test("Completions are the tasks as they finish, until all are finished", arguments: [1, 3])
  func completions(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask {
        // Each task below 4 has two children, so there are 31 tasks.
        try await Seppo.withPool({ (depth: Int) in depth * 10 }) { pool -> [Int: Int] in
          pool.submit(0)
          var counts: [Int: Int] = [:]
          for await (depth, result) in pool.completions {
            guard try result.get() == depth * 10 else { return [:] }
            counts[depth, default: 0] += 1
            if depth < 4 { for _ in 0..<2 { pool.submit(depth + 1) } }
          }
          return counts
        }.value
      }
    }
    #expect(found == [[0: 1, 1: 2, 2: 4, 3: 8, 4: 16]] + Array(repeating: nil, count: ranks - 1))
  }

  @Test("Cancelling the body's Swift task loses no completion", arguments: [1, 3])
  func cancelledTask(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask {
        try await Seppo.withPool({ (item: Int) in item }) { pool -> Int in
          withUnsafeCurrentTask { $0?.cancel() }
          for item in 0..<200 { pool.submit(item) }
          var count = 0
          for await _ in pool.completions { count += 1 }
          return count
        }.value
      }
    }
    #expect(found == [200] + Array(repeating: nil, count: ranks - 1))
  }

  @Test("A task's value is awaited, and next doesn't return it again", arguments: [1, 3])
  func values(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask {
        try await Seppo.withPool({ (item: Int) in
          if item == 7 { throw Failed(number: item) }
          return item * item
        }) { pool in
          let tasks = (0..<50).map { pool.submit($0) }
          var sum = 0
          for task in tasks where task.input != 7 { sum += try await task.value() }
          do {
            _ = try await tasks[7].value()
            return "no error"
          } catch SeppoError.itemThrew(let item) {
            return "\(sum) \(item.type) \(await pool.next() == nil)"
          }
        }.value
      }
    }
    let sum = (0..<50).reduce(0) { $0 + $1 * $1 } - 49
    #expect(found == ["\(sum) Failed true"] + Array(repeating: nil, count: ranks - 1))
  }

  @Test("Cancelled tasks have no value, and those who await it go on", arguments: [1, 3])
  func cancellation(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      try inTask {
        try await Seppo.withPool({ (item: Int) in item }) { pool in
          let tasks = (0..<10_000).map { pool.submit($0) }
          let last = Task {
            do { return "\(try await tasks[9_999].value())" } catch is CancellationError { return "cancelled" }
          }
          pool.cancel()
          let text = try await last.value
          pool.submit(3)
          return "\(text) \(try await pool.next()?.result.get() ?? -1)"
        }.value
      }
    }
    #expect(found == ["cancelled 3"] + Array(repeating: nil, count: ranks - 1))
  }

  @Test("The body's error is thrown on every rank, and the next call works", arguments: [1, 3])
  func bodyError(ranks: Int) async throws {
    let found = try await withRanksAsync(ranks) {
      let text = try inTask {
        do {
          try await Seppo.withPool({ (item: Int) in item }) { pool in
            for item in 0..<10_000 { pool.submit(item) }
            _ = await pool.next()
            throw Failed(number: 1)
          }
          return "no error"
        } catch SeppoError.poolThrew(let body) {
          return body.type
        }
      }
      return "\(text) \(try (1...3).mapParallel { $0 })"
    }
    #expect(found == Array(repeating: "Failed [1, 2, 3]", count: ranks))
  }
}
