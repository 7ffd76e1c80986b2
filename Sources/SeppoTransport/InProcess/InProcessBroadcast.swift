/// One piece of a broadcast in flight on one rank.
///
/// The root's bytes are copied at the start and compared with the copy at the end, to detect changes in between. A long
/// piece completes only after every rank has started it, as under MPI.
struct InProcessBroadcast {
  let bytes: UnsafeMutableRawBufferPointer
  /// Retains the bytes.
  let owner: AnyObject
  private let root: Int
  private let rank: Int
  private let number: Int
  /// Number of polls that it still waits once its bytes have arrived.
  private var delay: Int
  private(set) var isDone: Bool

  init(
    _ bytes: UnsafeMutableRawBufferPointer, keeping owner: AnyObject, root: Int, rank: Int, number: Int, delay: Int
  ) {
    self.bytes = bytes
    self.owner = owner
    self.root = root
    self.rank = rank
    self.number = number
    self.delay = delay
    isDone = bytes.isEmpty
  }

  func start(in collectives: InProcessCollectives, _ buffers: BufferPool) throws {
    var contribution: ReceivedBytes?
    if rank == root {
      contribution = ReceivedBytes(count: bytes.count, from: buffers)
      contribution?.memory.copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
    try collectives.start(
      .broadcast(bytes: bytes.count, root: root), number: number, by: rank, contributing: contribution)
  }

  mutating func progress(in collectives: InProcessCollectives) throws {
    if isDone { return }
    let (contributions, isComplete) = try collectives.state(of: number)
    guard let contribution = contributions[root],
      isComplete || rank != root || bytes.count <= InProcessOutbox.eagerLimit
    else { return }
    delay -= 1
    if delay >= 0 { return }
    if rank != root {
      bytes.copyMemory(from: contribution.bytes)
    } else if !contribution.isConcatenation(of: [UnsafeRawBufferPointer(bytes)]) {
      throw InProcessError.bytesChanged(rank: rank, of: "a broadcast")
    }
    isDone = true
    collectives.finish(number)
  }
}
