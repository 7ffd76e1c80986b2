import Foundation
import SeppoCompute
import SeppoProcess
import Synchronization
import Testing

@Suite("The deputy of a calling thread")
struct DeputyTests {
  @Test("It does the duties while the calling thread computes for long, and only then")
  func takesOver() {
    let deputy = Deputy()
    let (duties, isComputing, isOutside) = (Number(), Number(), Number())
    deputy.begin {
      duties.add()
      if isComputing.value == 0 { isOutside.add() }
    }
    for _ in 0..<2 {
      let before = duties.value
      deputy.compute(at: monotonicNanoseconds()) {
        #expect(deputy.isComputing)
        isComputing.set(1)
        while duties.value < before + 3 { usleep(1_000) }
      }
      // From here on, the calling thread has the lock.
      isComputing.set(0)
      #expect(!deputy.isComputing)
    }
    deputy.end()
    deputy.close()
    #expect(isOutside.value == 0)
  }

  @Test("After a call without calls for a long time, it does the duties of the next one")
  func wakesUp() {
    let deputy = Deputy()
    for pause in [0, 1_500_000] {
      usleep(useconds_t(pause))
      let duties = Number()
      deputy.begin { duties.add() }
      deputy.compute(at: monotonicNanoseconds()) { while duties.value == 0 { usleep(1_000) } }
      deputy.end()
    }
    deputy.close()
  }

  @Test("It stays awake in a call that lasts, whatever is computed in it")
  func staysAwake() {
    let deputy = Deputy()
    let duties = Number()
    deputy.begin { duties.add() }
    // Longer than it stays awake without calls.
    usleep(1_500_000)
    deputy.compute(at: monotonicNanoseconds()) { while duties.value == 0 { usleep(1_000) } }
    deputy.end()
    deputy.close()
  }
}

private final class Number: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  func add() { number.add(1, ordering: .sequentiallyConsistent) }
  func set(_ value: Int) { number.store(value, ordering: .sequentiallyConsistent) }
}
