internal import CMPI

/// Broadcasts in flight (`MPI_Ibcast`). Each piece is split into parts that fit MPI's `Int32` counts.
///
/// MPI matches collective calls by their order, so every rank starts pieces and their parts in the same order.
struct Broadcasts {
  private struct Piece {
    let bytes: UnsafeMutableRawBufferPointer
    let owner: AnyObject
    /// Bytes for which a broadcast has been started.
    var started = 0
    var requests: [SeppoRequest] = []
  }

  private let root: Int
  private let splitSize: Int
  private let comm: SeppoComm
  private var pieces: [Piece] = []
  private var requests = 0
  /// Total number of completed parts.
  private(set) var done = 0

  /// Maximum number of requests in flight.
  private static let maxRequests = 3

  init(root: Int, splitSize: Int, on comm: SeppoComm) {
    self.root = root
    self.splitSize = splitSize
    self.comm = comm
  }

  /// Whether another piece would start immediately.
  var hasCapacity: Bool { requests < Broadcasts.maxRequests && pieces.allSatisfy { $0.started == $0.bytes.count } }

  /// - Parameter owner: retained until the piece is removed.
  mutating func append(_ bytes: UnsafeMutableRawBufferPointer, keeping owner: AnyObject) {
    pieces.append(Piece(bytes: bytes, owner: owner))
  }

  /// Starts as many requests as allowed, and returns whether the first piece is complete.
  mutating func firstIsDone() throws -> Bool {
    try start()
    guard !pieces.isEmpty else { return false }
    while !pieces[0].requests.isEmpty {
      var done: Int32 = 0
      try check("MPI_Test", seppo_test(&pieces[0].requests[0], &done))
      if done == 0 { return false }
      pieces[0].requests.removeFirst()
      requests -= 1
      self.done += 1
      try start()
    }
    return pieces[0].started == pieces[0].bytes.count
  }

  /// Removes and returns the first piece and the owner of its bytes.
  mutating func removeFirst() -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject) {
    let piece = pieces.removeFirst()
    return (piece.bytes, piece.owner)
  }

  private mutating func start() throws {
    for index in pieces.indices {
      while requests < Broadcasts.maxRequests, pieces[index].started < pieces[index].bytes.count {
        let offset = pieces[index].started
        let count = min(splitSize, pieces[index].bytes.count - offset)
        var request = seppo_request_null()
        try check(
          "MPI_Ibcast",
          seppo_ibcast(pieces[index].bytes.baseAddress! + offset, Int32(count), Int32(root), comm, &request))
        pieces[index].started += count
        pieces[index].requests.append(request)
        requests += 1
      }
    }
  }
}
