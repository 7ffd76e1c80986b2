import Foundation
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Digests that identify the items of a call, computed in one pass over the items.
struct WorkDigests {
  /// The digest of all items' digests, in order.
  let whole: Data
  /// The sum of the items' digests, which doesn't depend on their order.
  let bag: Data
  /// The digest of each item; empty if not requested.
  let items: [Int64]

  init(_ work: CheckpointWork, ofEachItem isOfEachItem: Bool) {
    var whole = Digest()
    var sum: (UInt64, UInt64) = (0, 0)
    var items: [Int64] = []
    if isOfEachItem { items.reserveCapacity(work.count) }
    work.eachItem { _, bytes in
      var digest = Digest()
      digest.add(bytes)
      let halves: (UInt64, UInt64) = digest.finish()
      withUnsafeBytes(of: (halves.0.littleEndian, halves.1.littleEndian)) { whole.add($0) }
      sum.0 &+= halves.0
      sum.1 &+= halves.1
      if isOfEachItem { items.append(Int64(bitPattern: halves.0)) }
    }
    self.whole = whole.finish()
    bag = withUnsafeBytes(of: (sum.0.littleEndian, sum.1.littleEndian)) { Data($0) }
    self.items = items
  }
}
