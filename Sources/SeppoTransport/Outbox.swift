internal import CMPI

/// Sends in flight, each with the owner of its memory.
struct Outbox {
  private struct Sending {
    var request: SeppoRequest
    /// Nil once the send is complete.
    var owner: AnyObject?
  }

  /// In the order in which they were started. Those before `head` are complete.
  private var inFlight: [Sending] = []
  private var head = 0

  /// Maximum number of sends tested per call: a message in thousands of pieces must not cost thousands of tests each
  /// time.
  private static let window = 64

  /// Total number of completed sends. It changes while bytes are moving.
  private(set) var done = 0

  var isEmpty: Bool { head == inFlight.count }

  mutating func send(
    _ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, tag: Int32, on comm: SeppoComm
  ) throws {
    var request = seppo_request_null()
    try check("MPI_Isend", seppo_isend(bytes.baseAddress, Int32(bytes.count), Int32(rank), tag, comm, &request))
    // Short messages usually complete immediately, and need not be stored.
    var done: Int32 = 0
    try check("MPI_Test", seppo_test(&request, &done))
    if done == 0 { inFlight.append(Sending(request: request, owner: owner)) }
  }

  mutating func progress() throws {
    for index in head..<min(head + Outbox.window, inFlight.count) where inFlight[index].owner != nil {
      var done: Int32 = 0
      try check("MPI_Test", seppo_test(&inFlight[index].request, &done))
      if done != 0 {
        inFlight[index].owner = nil
        self.done += 1
      }
    }
    while head < inFlight.count, inFlight[head].owner == nil { head += 1 }
    if isEmpty {
      inFlight.removeAll(keepingCapacity: true)
      head = 0
    } else if head > Outbox.window, head * 2 > inFlight.count {
      inFlight.removeFirst(head)
      head = 0
    }
  }
}
