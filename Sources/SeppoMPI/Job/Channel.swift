import SeppoProcess
import SeppoTransport
import SeppoWire

/// Messages of Seppo's own, to and from the other ranks.
///
/// Used by the thread in a call only.
final class Channel {
  private let transport: any Transport
  private let limits: MemoryLimits
  /// Deals with messages that are not the call's own; true where a message is for the call, too.
  var dispatch: (Message) throws -> Bool = { _ in true }
  /// Messages that came while this rank waited for something else, until the call asks for them.
  private var kept: [Message] = []
  /// What the transport said of it at the last pause.
  private var moved = 0
  /// Bytes of messages since the room for them was looked at.
  private var unlooked = 0

  init(_ transport: any Transport, _ limits: MemoryLimits) {
    self.transport = transport
    self.limits = limits
  }

  /// Moves messages, and gives the next one that belongs to the call at hand.
  func poll() throws -> Message? {
    if !kept.isEmpty { return kept.removeFirst() }
    while let message = try transport.poll() {
      if try dispatch(message) { return message }
    }
    return nil
  }

  /// Takes what came while this rank waits within the transport's own operations.
  func takeControlMessages() throws {
    while let message = try transport.poll() {
      if try dispatch(message) { kept.append(message) }
    }
  }

  func send<Value: Encodable & Sendable>(_ value: Value, to rank: Int, kind: MessageKind) throws {
    try send(Control.encode(value), to: rank, kind: kind)
  }

  /// Sends what was written, with the memory that was lent to it.
  func send(_ writer: _WireWriter, _ lent: LentMemory = LentMemory(), to rank: Int, kind: MessageKind) throws {
    let bytes = UnsafeRawBufferPointer(writer.bytes)
    if lent.isEmpty { return try transport.send(bytes, keeping: writer, to: rank, kind: kind) }
    try transport.send(lent.pieces(in: bytes), keeping: Sent(writer: writer, lent: lent), to: rank, kind: kind)
  }

  /// Keeps what is being sent.
  private final class Sent {
    let writer: _WireWriter
    let lent: LentMemory

    init(writer: _WireWriter, lent: LentMemory) {
      self.writer = writer
      self.lent = lent
    }
  }

  /// Waits until what was sent has left, or this number of nanoseconds.
  func flush(atMost longest: Int = .max) throws { try transport.flush(atMost: longest) }

  /// Whether messages, or pieces of them, have come or gone since this was last asked: then a wait isn't one for nothing.
  func hasMoved() -> Bool {
    defer { moved = transport.moved }
    return transport.moved != moved
  }

  /// - Returns: what is missing for a message of this many bytes; nil where it can be received.
  func shortage(receiving bytes: Int) -> MemoryShortage? {
    unlooked += bytes
    guard unlooked >= AvailableMemory.leastChecked else { return nil }
    unlooked = 0
    return limits.exactShortage(own: bytes, shared: bytes, slack: AvailableMemory.rounding)
  }
}
