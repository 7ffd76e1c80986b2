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
  private(set) lazy var items: [Int64] = {
    var items: [Int64] = []
    items.reserveCapacity(work.count)
    work.eachItem { _, bytes in items.append(Int64(bitPattern: Digest.short(bytes))) }
    return items
  }()

  init(_ work: CheckpointWork) { self.work = work }
}
