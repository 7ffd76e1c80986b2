internal import CMPI

/// Incoming messages: found by probe, received without blocking, reassembled if split, and returned in the order in
/// which each rank sent them.
struct Inbox {
  private struct Arriving {
    let source: Int
    let kind: MessageKind
    let payload: ReceivedBytes
    /// Bytes for which a receive has been started.
    var started = 0
    var requests: [SeppoRequest] = []

    var isAwaitingPieces: Bool { started < payload.memory.count }
    var isComplete: Bool { !isAwaitingPieces && requests.isEmpty }
  }

  let buffers = BufferPool()

  /// In the order of the probes.
  private var arriving: [Arriving] = []

  /// Total number of pieces found. It changes while bytes are moving.
  private(set) var found = 0

  mutating func poll(on comm: SeppoComm) throws -> Message? {
    try receive(on: comm)
    var blocked: Set<Int> = []
    for index in arriving.indices {
      let message = arriving[index]
      if blocked.contains(message.source) { continue }
      if message.isComplete {
        arriving.remove(at: index)
        return Message(source: message.source, kind: message.kind, payload: message.payload)
      }
      blocked.insert(message.source)
    }
    return nil
  }

  /// See `Transport.mayReceive`.
  var mayReceive: (_ bytes: Int, _ source: Int) throws -> Void = { _, _ in }
  /// Whether `mayReceive` refused a message. Then none are received, because its pieces look like messages.
  private var hasRefused = false

  /// Minimum size of a message for which `mayReceive` is asked, in bytes.
  private static let long = 1 << 20

  private mutating func allocate(for bytes: Int, from source: Int) throws -> ReceivedBytes {
    if bytes >= Inbox.long {
      hasRefused = true
      try mayReceive(bytes, source)
      hasRefused = false
    }
    return ReceivedBytes(count: bytes, from: buffers)
  }

  /// Progresses the receives in flight, and starts one for the next message that the probe finds.
  mutating func receive(on comm: SeppoComm) throws {
    for index in arriving.indices where !arriving[index].requests.isEmpty { try progress(index) }
    if hasRefused { return }
    var found: Int32 = 0
    var message = seppo_message_null()
    var status = MPI_Status()
    try check("MPI_Improbe", seppo_improbe(seppo_any_source(), seppo_any_tag(), comm, &found, &message, &status))
    guard found != 0 else { return }
    self.found += 1
    var count: Int32 = 0
    try check("MPI_Get_count", seppo_get_count(&status, &count))
    let kind = MessageKind(status.MPI_TAG >> 1)
    let source = Int(status.MPI_SOURCE)
    if status.MPI_TAG & 1 != 0 {
      // The preamble's eight bytes have arrived already, so this receive does not block.
      var total: UInt64 = 0
      try check("MPI_Mrecv", seppo_mrecv(&total, count, &message))
      let length = Int(UInt64(littleEndian: total))
      arriving.append(Arriving(source: source, kind: kind, payload: try allocate(for: length, from: source)))
      return
    }
    // MPI keeps the order of messages from one rank, so pieces directly follow their preamble.
    let index: Int
    if let unfinished = arriving.lastIndex(where: { $0.source == source && $0.isAwaitingPieces }) {
      index = unfinished
    } else {
      index = arriving.count
      arriving.append(Arriving(source: source, kind: kind, payload: try allocate(for: Int(count), from: source)))
    }
    try receive(&message, count: count, into: index)
  }

  private mutating func receive(_ message: inout SeppoMessage, count: Int32, into index: Int) throws {
    let memory = arriving[index].payload.memory
    let offset = arriving[index].started
    guard offset + Int(count) <= memory.count else {
      throw MPIError(
        call: "MPI_Imrecv", errorClass: 0, text: "rank \(arriving[index].source) sent more bytes than it announced")
    }
    var request = seppo_request_null()
    let start = memory.baseAddress.map { $0 + offset }
    try check("MPI_Imrecv", seppo_imrecv(start, count, &message, &request))
    arriving[index].started += Int(count)
    arriving[index].requests.append(request)
    try progress(index)
  }

  private mutating func progress(_ index: Int) throws {
    var kept = 0
    for position in arriving[index].requests.indices {
      var done: Int32 = 0
      try check("MPI_Test", seppo_test(&arriving[index].requests[position], &done))
      if done == 0 {
        arriving[index].requests.swapAt(kept, position)
        kept += 1
      }
    }
    arriving[index].requests.removeLast(arriving[index].requests.count - kept)
  }
}
