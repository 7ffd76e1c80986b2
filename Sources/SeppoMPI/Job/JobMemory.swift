import SeppoProcess
import SeppoTransport

/// A message has come that this process has no room for. It can't be refused, so that the job ends.
struct NoRoom: Error, CustomStringConvertible {
  let error: SeppoError

  var description: String { error.description }
}

/// Memory for what comes from other ranks.
extension Job {
  /// Asked before a long message is received.
  func checkRoom(for bytes: Int, from source: Int) throws {
    guard let shortage = channel.shortage(receiving: bytes) else { return }
    throw NoRoom(error: error(shortage, of: "a message from rank \(source)"))
  }

  /// Ends the job where there is no room for a message, whatever the caller makes of errors.
  func endingWithoutRoom<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let noRoom as NoRoom { try shutdown.endJob(noRoom.error, at: current.place) }
  }

  /// Ends the job where what the call gives to every rank doesn't fit on this one.
  func expectRoom(for bytes: Int, of what: String) throws {
    guard let shortage = limits.shortage(own: bytes, shared: bytes, slack: AvailableMemory.rounding) else { return }
    try shutdown.endJob(error(shortage, of: what), at: current.place)
  }

  func error(_ shortage: MemoryShortage, of what: String) -> SeppoError {
    SeppoError(shortage, of: what, rank: rank, host: host, place: current.place)
  }
}
