import SeppoCheckpoint
import SeppoMPI
import SeppoTesting
import Testing

@Suite("Calls whose items a later job doesn't know refuse a checkpoint")
struct UnknownItemsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Pools")
  func pool() throws {
    let file = folder.file()
    let refused = try withRanks(2) {
      isRefused {
        _ = try Seppo.withPool({ (number: Int) in number }, ParallelOptions(checkpoint: .sqlite(file))) { _ in }
      }
    }
    #expect(refused == [true, true])
  }

  @Test("Asynchronous sequences")
  func asyncSequence() async throws {
    let numbers = AsyncStream<Int> { 1 }
    let results = numbers.parallel(ParallelOptions(checkpoint: .sqlite(folder.file()))).results { $0 }
    do {
      for try await _ in results { Issue.record("a result came") }
      Issue.record("no error")
    } catch SeppoError.badOption(let option) {
      #expect(option.name == "checkpoint")
    }
  }
}

private func isRefused(_ body: () throws -> Void) -> Bool {
  do {
    try body()
    return false
  } catch SeppoError.badOption(let option) {
    return option.name == "checkpoint"
  } catch {
    return false
  }
}
