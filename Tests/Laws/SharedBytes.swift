import Foundation
import SeppoMPI
import Synchronization

/// Bytes shared by all ranks of this host, for example one byte per item that was computed. The memory is never
/// unmapped.
///
/// `Sendable` because all access to the memory is atomic.
struct SharedBytes: @unchecked Sendable {
  private let bytes: UnsafeMutablePointer<Atomic<UInt8>>
  private let count: Int

  /// Maps the memory, filled with zeros. A collective call.
  init(_ count: Int) throws {
    let path = try Seppo.atRoot { () -> String in
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-shared-\(UUID())").path
      try require(FileManager.default.createFile(atPath: path, contents: Data(count: count)), "cannot create \(path)")
      return path
    }.broadcast()
    let file = open(path, O_RDWR)
    try require(file >= 0, "cannot open \(path)")
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    try require(memory != MAP_FAILED, "cannot map \(path)")
    bytes = memory!.assumingMemoryBound(to: Atomic<UInt8>.self)
    self.count = count
    // By this call every rank has opened the file.
    try Seppo.atRoot { try FileManager.default.removeItem(atPath: path) }
  }

  func mark(_ item: Int) { bytes[item].store(1, ordering: .releasing) }

  subscript(index: Int) -> UInt8 {
    get { bytes[index].load(ordering: .acquiring) }
    nonmutating set { bytes[index].store(newValue, ordering: .releasing) }
  }

  func isMarked(_ item: Int) -> Bool { bytes[item].load(ordering: .acquiring) != 0 }

  /// Stores a number in the eight bytes from `8 * index` on.
  func setNumber(_ number: UInt64, at index: Int) { numbers[index].store(number, ordering: .releasing) }

  func number(at index: Int) -> UInt64 { numbers[index].load(ordering: .acquiring) }

  private var numbers: UnsafeMutablePointer<Atomic<UInt64>> {
    UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Waits until all these items are marked.
  ///
  /// - Returns: False after a timeout of at least 60 s.
  func waitFor(_ items: some Collection<Int>) -> Bool {
    for _ in 0..<60_000 {
      if items.allSatisfy(isMarked) { return true }
      usleep(1_000)
    }
    return false
  }
}
