import SeppoProcess
import Testing

@Suite("Shared segments")
struct SharedSegmentTests {
  @Test("One that is opened has the same memory")
  func shares() throws {
    let segment = try #require(SharedSegment.create(bytes: 1 << 16))
    let other = try #require(SharedSegment.attach(to: segment.address, bytes: 1 << 16))
    #expect(segment.memory.baseAddress != other.memory.baseAddress)
    #expect(other.memory.allSatisfy { $0 == 0 })
    segment.memory[77] = 3
    #expect(other.memory[77] == 3)
    other.memory[78] = 4
    #expect(segment.memory[78] == 4)
  }

  @Test("One with another size, or one that is gone, can't be opened")
  func refuses() throws {
    var segment = SharedSegment.create(bytes: 1 << 16)
    let address = try #require(segment?.address)
    #expect(SharedSegment.attach(to: address, bytes: 1 << 17) == nil)
    segment = nil
    #expect(SharedSegment.attach(to: address, bytes: 1 << 16) == nil)
    // The number of the file may be used again.
    segment = SharedSegment.create(bytes: 1 << 16)
    #expect(SharedSegment.attach(to: address, bytes: 1 << 16) == nil)
  }
}
