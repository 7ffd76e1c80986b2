import SeppoProcess
import SeppoTransport

/// Memory for what comes from other ranks.
extension Session {
  /// A message has come that this process has no room for. It can't be refused, so that the job ends.
  struct NoRoom: Error {
    let error: SeppoError
  }

  /// Asked before a long message is received.
  func checkRoom(for bytes: Int, from source: Int) throws {
    receivedUnlooked += bytes
    guard receivedUnlooked >= MemoryRoom.worthALook else { return }
    receivedUnlooked = 0
    guard let shortage = limits.look(own: bytes, shared: bytes, slack: MemoryRoom.rounding) else { return }
    throw NoRoom(error: error(shortage, of: "a message from rank \(source)"))
  }

  /// The next message that has arrived.
  func receive() throws -> Message? {
    do {
      return try communicator.poll()
    } catch let noRoom as NoRoom {
      Failure.endJob(self, noRoom.error, at: current.place)
    }
  }

  /// Ends the job where what the call gives to every rank doesn't fit on this one.
  func expectRoom(for bytes: Int, of what: String) {
    guard let shortage = limits.shortage(own: bytes, shared: bytes, slack: MemoryRoom.rounding) else { return }
    Failure.endJob(self, error(shortage, of: what), at: current.place)
  }

  func error(_ shortage: MemoryShortage, of what: String) -> SeppoError {
    SeppoError(shortage, of: what, rank: rank, host: host, place: current.place)
  }
}

extension SeppoError {
  init(_ shortage: MemoryShortage, of what: String, rank: Int, host: String, place: Place) {
    self = .notEnoughMemory(
      what: what, needed: shortage.needed, available: shortage.available, limit: shortage.limit, ranks: shortage.ranks,
      rank: rank, host: host, place: place.text)
  }
}
