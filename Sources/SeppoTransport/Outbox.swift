internal import CMPI

/// Sends that MPI has not done with, each with the owner of its memory.
struct Outbox {
  private struct Sending {
    var request: MPI_Request?
    let owner: AnyObject
  }

  private var underWay: [Sending] = []

  var isEmpty: Bool { underWay.isEmpty }

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
    var kept = 0
    for index in underWay.indices {
      var done: Int32 = 0
      try check("MPI_Test", MPI_Test(&underWay[index].request, &done, nil))
      if done == 0 {
        underWay.swapAt(kept, index)
        kept += 1
      }
    }
    underWay.removeLast(underWay.count - kept)
  }
}
