import SeppoProcess
import SeppoTransport

/// There is not enough memory for a message. It can't be refused, so the job ends.
struct OutOfMemory: Error, CustomStringConvertible {
  let error: SeppoError

  var description: String { error.description }
}

/// Memory for messages and values from other ranks.
extension Job {
  /// Throws `OutOfMemory` if there is not enough memory for a long message. Called before it is received.
  func checkMemory(for bytes: Int, from source: Int) throws {
    guard let shortage = channel.shortage(receiving: bytes) else { return }
    throw OutOfMemory(error: error(shortage, of: "a message from rank \(source)"))
  }

  /// Runs the body, and ends the job if it throws `OutOfMemory`, so that no caller can catch that error.
  func endingJobIfOutOfMemory<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let outOfMemory as OutOfMemory {
      try shutdown.endJob(outOfMemory.error, at: current.place)
    }
  }

  /// Ends the job if a value for every rank doesn't fit into the memory of this one.
  func requireMemory(for bytes: Int, of what: String) throws {
    guard let shortage = limits.shortage(own: bytes, shared: bytes, slack: AvailableMemory.rounding) else { return }
    try shutdown.endJob(error(shortage, of: what), at: current.place)
  }

  func error(_ shortage: MemoryShortage, of what: String) -> SeppoError {
    SeppoError(shortage, of: what, rank: rank, host: host, place: current.place)
  }
}
