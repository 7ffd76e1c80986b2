import Foundation
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// What a call's items are known by again. The items are gone through once.
struct WorkDigests {
  /// Of all items' digests, in their order.
  let whole: Data
  /// The same for the same items in any order: the sum of their digests.
  let bag: Data
  /// Each item's; empty where nobody asks for them.
  let items: [Int64]

  init(_ work: CheckpointWork, ofEach isOfEach: Bool) {
    var whole = Digest()
    var sum: (UInt64, UInt64) = (0, 0)
    var items: [Int64] = []
    if isOfEach { items.reserveCapacity(work.count) }
    work.eachItem { _, bytes in
      var digest = Digest()
      digest.add(bytes)
      let halves: (UInt64, UInt64) = digest.finish()
      withUnsafeBytes(of: (halves.0.littleEndian, halves.1.littleEndian)) { whole.add($0) }
      sum.0 &+= halves.0
      sum.1 &+= halves.1
      if isOfEach { items.append(Int64(bitPattern: halves.0)) }
    }
    self.whole = whole.finish()
    bag = withUnsafeBytes(of: (sum.0.littleEndian, sum.1.littleEndian)) { Data($0) }
    self.items = items
  }
}
