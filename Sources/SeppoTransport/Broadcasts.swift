internal import CMPI

/// Broadcasts under way (`MPI_Ibcast`), a few at a time, each in as many parts as MPI's counts ask for.
///
/// MPI matches them by their order, so that every rank begins them in the same one: part after part, piece after piece.
struct Broadcasts {
  private struct Piece {
    let bytes: UnsafeMutableRawBufferPointer
    let owner: AnyObject
    var begun = 0
    var requests: [MPI_Request?] = []
  }

  private let root: Int
  private let splitSize: Int
  private let comm: MPI_Comm
  private var pieces: [Piece] = []
  private var requests = 0
  /// Parts that have come, in all.
  private(set) var done = 0

  /// How many MPI is given at once.
  private static let most = 3

  init(root: Int, splitSize: Int, on comm: MPI_Comm) {
    self.root = root
    self.splitSize = splitSize
    self.comm = comm
  }

  /// Whether a further piece would be begun at once.
  var hasRoom: Bool { requests < Broadcasts.most && pieces.allSatisfy { $0.begun == $0.bytes.count } }

  /// - Parameter owner: kept until the piece is removed.
  mutating func append(_ bytes: UnsafeMutableRawBufferPointer, keeping owner: AnyObject) {
    pieces.append(Piece(bytes: bytes, owner: owner))
  }

  /// Begins what may be begun, and says whether the first piece has come.
  mutating func firstIsDone() throws -> Bool {
    try begin()
    guard !pieces.isEmpty else { return false }
    while !pieces[0].requests.isEmpty {
      var done: Int32 = 0
      try check("MPI_Test", MPI_Test(&pieces[0].requests[0], &done, nil))
      if done == 0 { return false }
      pieces[0].requests.removeFirst()
      requests -= 1
      self.done += 1
      try begin()
    }
    return pieces[0].begun == pieces[0].bytes.count
  }

  /// The first piece, and what keeps its bytes.
  mutating func removeFirst() -> (bytes: UnsafeMutableRawBufferPointer, owner: AnyObject) {
    let piece = pieces.removeFirst()
    return (piece.bytes, piece.owner)
  }

  private mutating func begin() throws {
    for index in pieces.indices {
      while requests < Broadcasts.most, pieces[index].begun < pieces[index].bytes.count {
        let offset = pieces[index].begun
        let count = min(splitSize, pieces[index].bytes.count - offset)
        var request: MPI_Request? = seppo_request_null()
        try check(
          "MPI_Ibcast",
          MPI_Ibcast(
            pieces[index].bytes.baseAddress! + offset, Int32(count), seppo_byte(), Int32(root), comm, &request))
        pieces[index].begun += count
        pieces[index].requests.append(request)
        requests += 1
      }
    }
  }
}
