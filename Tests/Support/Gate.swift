import Foundation
import Synchronization

/// A gate at which an item waits until the test opens it.
package final class Gate: Sendable {
  private let isReached = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)

  package init() {}

  package func pass() {
    isReached.store(true, ordering: .releasing)
    while !isOpen.load(ordering: .acquiring) { usleep(100) }
  }

  package func awaitItem() { while !isReached.load(ordering: .acquiring) { usleep(100) } }

  package func open() { isOpen.store(true, ordering: .releasing) }
}
