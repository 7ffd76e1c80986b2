internal import CMPI

/// Sends that MPI has not done with, each with the owner of its memory.
struct Outbox {
  private struct Sending {
    var request: MPI_Request?
    /// Nil when it is done.
    var owner: AnyObject?
  }

  /// In the order in which they were begun; those before `head` are done.
  private var underWay: [Sending] = []
  private var head = 0

  /// How many are looked at in one go: a message in thousands of pieces must not cost thousands of looks each time.
  private static let window = 64

  /// Sends that are done, in all: as long as it changes, bytes are moving.
  private(set) var done = 0

  var isEmpty: Bool { head == underWay.count }

  mutating func send(
    _ bytes: UnsafeRawBufferPointer, keeping owner: AnyObject, to rank: Int, tag: Int32, on comm: MPI_Comm
  ) throws {
    var request: MPI_Request? = seppo_request_null()
    try check(
      "MPI_Isend",
      MPI_Isend(bytes.baseAddress, Int32(bytes.count), seppo_byte(), Int32(rank), tag, comm, &request))
    // Short messages leave at once: then there is nothing to keep.
    var done: Int32 = 0
    try check("MPI_Test", MPI_Test(&request, &done, nil))
    if done == 0 { underWay.append(Sending(request: request, owner: owner)) }
  }

  mutating func progress() throws {
    for index in head..<min(head + Outbox.window, underWay.count) where underWay[index].owner != nil {
      var done: Int32 = 0
      try check("MPI_Test", MPI_Test(&underWay[index].request, &done, nil))
      if done != 0 {
        underWay[index].owner = nil
        self.done += 1
      }
    }
    while head < underWay.count, underWay[head].owner == nil { head += 1 }
    if isEmpty {
      underWay.removeAll(keepingCapacity: true)
      head = 0
    } else if head > Outbox.window, head * 2 > underWay.count {
      underWay.removeFirst(head)
      head = 0
    }
  }
}
