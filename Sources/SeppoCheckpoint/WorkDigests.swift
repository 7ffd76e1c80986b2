import Foundation
import SeppoMPI
import SeppoWire

/// What a call's items are known by again. Each pass over the items is made once, where it is needed at all.
final class WorkDigests {
  private let work: CheckpointWork
  private(set) lazy var whole: Data = {
    var digest = Digest()
    work.items { digest.add($0) }
    return digest.finish()
  }()
  /// The same for the same items in any order: the sum of their digests.
  private(set) lazy var bag: Data = {
    var sum: (UInt64, UInt64) = (0, 0)
    work.eachItem { _, bytes in
      var digest = Digest()
      digest.add(bytes)
      let halves: (UInt64, UInt64) = digest.finish()
      sum.0 &+= halves.0
      sum.1 &+= halves.1
    }
    return withUnsafeBytes(of: (sum.0.littleEndian, sum.1.littleEndian)) { Data($0) }
  }()
  private(set) lazy var items: [Int64] = {
    var items: [Int64] = []
    items.reserveCapacity(work.count)
    work.eachItem { _, bytes in items.append(Int64(bitPattern: Digest.short(bytes))) }
    return items
  }()

  init(_ work: CheckpointWork) { self.work = work }
}
