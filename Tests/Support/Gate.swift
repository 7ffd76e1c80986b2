import Foundation
import Synchronization

/// An item waits in it until the test opens it.
package final class Gate: Sendable {
  private let hasBegun = Atomic<Bool>(false)
  private let isOpen = Atomic<Bool>(false)

  package init() {}

  package func pass() {
    hasBegun.store(true, ordering: .releasing)
    while !isOpen.load(ordering: .acquiring) { usleep(100) }
  }

  package func awaitItem() { while !hasBegun.load(ordering: .acquiring) { usleep(100) } }

  package func open() { isOpen.store(true, ordering: .releasing) }
}
