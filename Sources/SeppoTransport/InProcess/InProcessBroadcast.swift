/// One piece of a broadcast, under way on one rank.
///
/// The root's bytes are copied when it begins, and compared when it is done: longer ones not before every rank has begun it.
struct InProcessBroadcast {
  let bytes: UnsafeMutableRawBufferPointer
  /// Keeps the bytes.
  let owner: AnyObject
  private let root: Int
  private let rank: Int
  private let number: Int
  /// Looks for which it goes on when its bytes are there.
  private var looks: Int
  private(set) var isDone: Bool

  init(
    _ bytes: UnsafeMutableRawBufferPointer, keeping owner: AnyObject, root: Int, rank: Int, number: Int, looks: Int
  ) {
    self.bytes = bytes
    self.owner = owner
    self.root = root
    self.rank = rank
    self.number = number
    self.looks = looks
    isDone = bytes.isEmpty
  }

  func begin(in collectives: InProcessCollectives, _ buffers: BufferPool) throws {
    var gift: ReceivedBytes?
    if rank == root {
      gift = ReceivedBytes(count: bytes.count, from: buffers)
      gift?.memory.copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
    try collectives.begin(.broadcast(bytes: bytes.count, root: root), number: number, by: rank, giving: gift)
  }

  mutating func progress(in collectives: InProcessCollectives) throws {
    if isDone { return }
    let (gifts, isComplete) = try collectives.look(at: number)
    guard let gift = gifts[root], isComplete || rank != root || bytes.count <= InProcessOutbox.eager else { return }
    looks -= 1
    if looks >= 0 { return }
    if rank != root {
      bytes.copyMemory(from: gift.bytes)
    } else if !gift.isMade(of: [UnsafeRawBufferPointer(bytes)]) {
      throw InProcessError.bytesChanged(rank: rank, of: "a broadcast")
    }
    isDone = true
    collectives.finish(number)
  }
}
