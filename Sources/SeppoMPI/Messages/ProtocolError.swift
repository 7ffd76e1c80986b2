/// A message between ranks that can't be what it says it is.
struct ProtocolError: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
