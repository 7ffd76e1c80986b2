import SeppoProcess
import SeppoTransport
import SeppoWire

/// Seppo's messages to and from other ranks.
///
/// Only the thread in a call uses it.
final class Channel {
  private let transport: any Transport
  private let limits: MemoryLimits
  /// Handles messages that don't belong to the current call. Returns true if the message (also) concerns the call.
  var dispatch: (Message) throws -> Bool = { _ in true }
  /// Messages for the call that arrived while this rank waited inside the transport.
  private var kept: [Message] = []
  /// The transport's progress counter at the last pause.
  private var moved = 0
  /// The bytes of messages since memory was last checked.
  private var uncheckedBytes = 0

  init(_ transport: any Transport, _ limits: MemoryLimits) {
    self.transport = transport
    self.limits = limits
  }

  /// Makes progress, and returns the next message for the current call.
  func poll() throws -> Message? {
    if !kept.isEmpty { return kept.removeFirst() }
    while let message = try transport.poll() {
      if try dispatch(message) { return message }
    }
    return nil
  }

  /// Receives messages while this rank waits inside an operation of the transport.
  func takeControlMessages() throws {
    while let message = try transport.poll() {
      if try dispatch(message) { kept.append(message) }
    }
  }

  func send<Value: Encodable & Sendable>(_ value: Value, to rank: Int, kind: MessageKind) throws {
    try send(Control.encode(value), to: rank, kind: kind)
  }

  /// Sends the written bytes and the lent memory.
  func send(_ writer: WireWriter, _ lent: LentMemory = LentMemory(), to rank: Int, kind: MessageKind) throws {
    let bytes = UnsafeRawBufferPointer(writer.bytes)
    if lent.isEmpty { return try transport.send(bytes, keeping: writer, to: rank, kind: kind) }
    try transport.send(lent.pieces(in: bytes), keeping: Sent(writer: writer, lent: lent), to: rank, kind: kind)
  }

  /// Keeps the memory alive while it is being sent.
  private final class Sent {
    let writer: WireWriter
    let lent: LentMemory

    init(writer: WireWriter, lent: LentMemory) {
      self.writer = writer
      self.lent = lent
    }
  }

  /// Waits until all messages have been sent, or for at most this number of nanoseconds.
  func flush(atMost longest: Int = .max) throws { try transport.flush(atMost: longest) }

  /// Returns whether messages or pieces of them were sent or received since the last call of this function.
  func hasMoved() -> Bool {
    defer { moved = transport.moved }
    return transport.moved != moved
  }

  /// Returns the memory shortage if a message of this size, in bytes, can't be received, otherwise nil.
  func shortage(receiving bytes: Int) -> MemoryShortage? {
    uncheckedBytes += bytes
    guard uncheckedBytes >= AvailableMemory.leastChecked else { return nil }
    uncheckedBytes = 0
    return limits.exactShortage(own: bytes, shared: bytes, slack: AvailableMemory.rounding)
  }
}
