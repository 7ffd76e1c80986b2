import SeppoWire
import Testing

/// Arbitrary bytes must decode to a value or fail with a `WireError`.
@Suite struct HostileInputTests {
  /// Decodes the bytes. Any other outcome than a value or a `WireError` is an issue, or crashes the process.
  func survive(_ specimen: Specimen, _ bytes: [UInt8]) -> Bool {
    do {
      try specimen.read(bytes)
      return true
    } catch let error as WireError {
      #expect(!error.reason.isEmpty)
      return false
    } catch {
      Issue.record("\(specimen): \(error) at \(bytes)")
      return false
    }
  }

  @Test(arguments: Specimen.all) func validBytes(_ specimen: Specimen) throws {
    #expect(!specimen.bytes.isEmpty)
    try specimen.read(specimen.bytes)
  }

  @Test(arguments: Specimen.all) func everyTruncation(_ specimen: Specimen) {
    for count in 0..<specimen.bytes.count {
      #expect(!survive(specimen, Array(specimen.bytes[..<count])), "\(specimen) was decoded from \(count) bytes")
    }
    #expect(!survive(specimen, specimen.bytes + [0]))
    #expect(!survive(specimen, specimen.bytes + specimen.bytes))
  }

  @Test(arguments: Specimen.all) func everyByteChanged(_ specimen: Specimen) {
    var generator = SeededGenerator(seed: 0)
    for index in specimen.bytes.indices {
      let old = specimen.bytes[index]
      let values = [0x00, 0x7F, 0x80, 0xFF, old ^ 1, old ^ 0x80, old &+ 1, old &- 1] + (0x01...0x05) + (0x10...0x15)
      for value in values.shuffled(using: &generator).prefix(4 * soak) where value != old {
        var bytes = specimen.bytes
        bytes[index] = value
        _ = survive(specimen, bytes)
      }
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>) func splices(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<(60 * soak) {
      let specimen = Specimen.all.randomElement(using: &generator)!
      var bytes = specimen.bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let donor = Bool.random(using: &generator) ? specimen : Specimen.all.randomElement(using: &generator)!
        bytes.replaceSubrange(range(in: bytes, &generator), with: donor.bytes[range(in: donor.bytes, &generator)])
      }
      _ = survive(specimen, bytes)
    }
  }

  private func range(in bytes: [UInt8], _ generator: inout SeededGenerator) -> Range<Int> {
    let start = Int.random(in: 0...bytes.count, using: &generator)
    return start..<min(bytes.count, start + Int.random(in: 0...12, using: &generator))
  }

  @Test func everyTypeDecodedAsEveryOther() {
    for writer in Specimen.all {
      for reader in Specimen.all { _ = survive(reader, writer.bytes) }
    }
  }

  @Test func randomBytes() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        // Mostly tags and small numbers, because an invalid first byte ends the test early.
        Bool.random(using: &generator)
          ? UInt8.random(in: 0...0x15, using: &generator) : .random(in: 0...255, using: &generator)
      }
      for specimen in Specimen.all { _ = survive(specimen, bytes) }
    }
  }
}
