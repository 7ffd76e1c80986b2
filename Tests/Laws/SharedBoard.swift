import Foundation
import SeppoMPI
import Synchronization

/// A byte for each item that all ranks of this host see: what has been computed, wherever.
///
/// Mapped memory that is never unmapped. All that is in it is atomic: that is why it is `Sendable`.
struct SharedBoard: @unchecked Sendable {
  private let bytes: UnsafeMutablePointer<Atomic<UInt8>>
  private let count: Int

  /// Every rank must make it together.
  init(_ count: Int) throws {
    let path = try Seppo.atRoot { () -> String in
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-board-\(UUID())").path
      try hold(FileManager.default.createFile(atPath: path, contents: Data(count: count)), "no file at \(path)")
      return path
    }.broadcast()
    let file = open(path, O_RDWR)
    try hold(file >= 0, "\(path) can't be opened")
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    try hold(memory != MAP_FAILED, "\(path) can't be mapped")
    bytes = memory!.assumingMemoryBound(to: Atomic<UInt8>.self)
    self.count = count
    // All have it open.
    try Seppo.atRoot { try FileManager.default.removeItem(atPath: path) }
  }

  func mark(_ item: Int) { bytes[item].store(1, ordering: .releasing) }

  /// Any byte, by place.
  subscript(place: Int) -> UInt8 {
    get { bytes[place].load(ordering: .acquiring) }
    nonmutating set { bytes[place].store(newValue, ordering: .releasing) }
  }

  func isMarked(_ item: Int) -> Bool { bytes[item].load(ordering: .acquiring) != 0 }

  /// A number at one of the places that have eight bytes each.
  func setNumber(_ number: UInt64, at place: Int) { numbers[place].store(number, ordering: .releasing) }

  func number(at place: Int) -> UInt64 { numbers[place].load(ordering: .acquiring) }

  private var numbers: UnsafeMutablePointer<Atomic<UInt64>> {
    UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Waits until all these items are marked; false where that takes longer than it ever may.
  func waitFor(_ items: some Collection<Int>) -> Bool {
    for _ in 0..<60_000 {
      if items.allSatisfy(isMarked) { return true }
      usleep(1_000)
    }
    return false
  }
}
