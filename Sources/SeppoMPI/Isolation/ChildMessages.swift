import SeppoProcess

/// Blocks of items that a child is to compute. Each block follows as a `BlockHeader` and its items.
struct ChildRequest: BitwiseCopyable {
  var blocks: Int
  /// The index of the first block.
  var first: Int
  /// See `ChunkLimits.sizeCode`.
  var sizeCode: Int
}

struct BlockHeader: BitwiseCopyable {
  var items: Int
  /// The index of the first item.
  var firstItem: Int
  var bytes: Int
}

/// What has become of a block. Its value or error follows as bytes.
struct ChildResponse: BitwiseCopyable {
  enum Kind: Int, BitwiseCopyable {
    case value
    /// The value that decides the call.
    case decisive
    /// The block has failed, with a `SeppoError`.
    case failure
    /// The block and those after it were not started, because the call doesn't need them.
    case unneeded
  }

  var kind: Kind
  var bytes: Int
}

/// Ends a wait for a child that has died.
struct ChildIsLost: Error {}

extension SharedPipe {
  func send<Header: BitwiseCopyable, Failure: Error>(
    _ header: Header, _ bytes: UnsafeRawBufferPointer, _ mayWait: () throws(Failure) -> Void
  ) throws(Failure) {
    var header = header
    // The closure of `withUnsafeBytes` can't throw a typed error.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: MemoryLayout<Header>.size, alignment: 16)
    defer { copy.deallocate() }
    withUnsafeBytes(of: &header) { copy.copyMemory(from: $0) }
    try write(UnsafeRawBufferPointer(copy), mayWait)
    try write(bytes, mayWait)
  }

  /// Reads exactly as many bytes as fit.
  ///
  /// - Parameter wait: called while they are missing.
  func receive<Failure: Error>(
    _ target: UnsafeMutableRawBufferPointer, _ wait: () throws(Failure) -> Void
  ) throws(Failure) {
    var done = 0
    while true {
      done += read(UnsafeMutableRawBufferPointer(rebasing: target[done...]))
      if done == target.count { return }
      try wait()
    }
  }

  func receive<Header: BitwiseCopyable, Failure: Error>(
    _ type: Header.Type, _ wait: () throws(Failure) -> Void
  ) throws(Failure) -> Header {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: MemoryLayout<Header>.size, alignment: 16)
    defer { copy.deallocate() }
    try receive(copy, wait)
    return copy.load(as: Header.self)
  }

  func receive<Failure: Error>(bytes: Int, _ wait: () throws(Failure) -> Void) throws(Failure) -> ReceivedBytes {
    let received = ReceivedBytes(bytes)
    try receive(received.bytes, wait)
    return received
  }
}

/// Bytes of a message, aligned for any type of plain memory.
final class ReceivedBytes {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 16) }

  deinit { bytes.deallocate() }
}
