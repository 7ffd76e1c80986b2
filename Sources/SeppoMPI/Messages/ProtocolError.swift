/// A message between ranks is malformed.
struct ProtocolError: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

extension SeppoError {
  init(_ error: ProtocolError, rank: Int, host: String) {
    self = .mpi(
      .init(call: "Seppo's protocol", errorClass: 0, text: error.text, rank: rank, host: host))
  }
}
