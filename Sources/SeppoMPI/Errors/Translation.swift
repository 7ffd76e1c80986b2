import SeppoProcess
import SeppoTransport
import SeppoWire

// Errors of lower targets, as a user sees them.

extension SeppoError {
  init(_ error: WireError, index: Int?, rank: Int, host: String, place: Place?) {
    switch error.direction {
    case .encode:
      self = .notEncodable(
        .init(
          index: index, rank: rank, host: host, type: error.type, codingPath: error.codingPath, reason: error.reason,
          place: place?.text ?? ""))
    case .decode:
      self = .notDecodable(
        .init(
          index: index, rank: rank, host: host, type: error.type, codingPath: error.codingPath, reason: error.reason,
          place: place?.text ?? ""))
    }
  }

  init(_ shortage: MemoryShortage, of what: String, rank: Int, host: String, place: Place) {
    self = .notEnoughMemory(
      .init(
        what: what, needed: shortage.needed, available: shortage.available, limit: shortage.limit,
        ranks: shortage.ranks, rank: rank, host: host, place: place.text))
  }

  init(_ error: ThreadCreationError, rank: Int, host: String) {
    self = .noThread(.init(reason: error.reason, rank: rank, host: host))
  }

  init(_ error: MPIError, rank: Int, host: String) {
    self = .mpi(
      .init(call: error.call, errorClass: Int(error.errorClass), text: error.text, rank: rank, host: host))
  }
}
