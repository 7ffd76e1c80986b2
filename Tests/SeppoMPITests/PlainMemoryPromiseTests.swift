import SeppoWire
import Testing

@testable import SeppoMPI

private enum Kind: UInt8 { case star, galaxy }

private struct Fine: PlainMemory {
  var position = SIMD3<Double>()
  var weights = (Float(0), Int8(0))
  var inner = Inner()

  struct Inner {
    var count = 0
    var half: UInt16 = 0
    var wide: Int128 = 0
  }
}

private struct WithBool: Codable, PlainMemory {
  var mass = 0.0
  var isAlive = false
}

private struct WithEnum: PlainMemory {
  var inner = Inner()

  struct Inner {
    var mass = 0.0
    var kind = Kind.star
  }
}

private struct WithOptional: PlainMemory { var charge: Double? }

private struct Frame: Codable {
  var swarm: [WithBool]?
  var one: WithBool?
}

private struct WithTuple: PlainMemory { var flags = (0, true) }

@Suite("The promise of PlainMemory")
struct PlainMemoryPromiseTests {
  @Test("A struct of numbers is accepted, and so are types that aren't PlainMemory")
  func taken() throws {
    try PlainMemoryPromise.check([Fine.self, [Fine].self, Bool.self, Int?.self, [String: Int].self], place: "here")
  }

  @Test("Inside other values, an invalid struct is refused when it is encoded")
  func inside() throws {
    for frame in [Frame(swarm: [WithBool()]), Frame(one: WithBool())] {
      let error = try #require(throws: WireError.self) {
        try withUnsafePointer(to: frame) {
          try Items.write(UnsafeBufferPointer(start: $0, count: 1), to: WireWriter())
        }
      }
      #expect(error.reason.hasPrefix("WithBool: it conforms to PlainMemory, but isAlive is a Bool"), "\(error)")
      #expect(error.codingPath == (frame.one == nil ? "swarm" : "one"))
    }
  }

  @Test(
    "A Bool, an enum or an Optional inside is refused, and the error names it",
    arguments: [
      (WithBool.self, "isAlive is a Bool"), ([WithBool].self, "isAlive is a Bool"),
      (WithEnum.self, "inner.kind is an enum"), (WithOptional.self, "charge is an Optional"),
      (WithTuple.self, "flags..1 is a Bool"), ([[WithBool]].self, "isAlive is a Bool"),
      ([String: [WithEnum]].self, "inner.kind is an enum"), (WithBool?.self, "isAlive is a Bool"),
    ] as [(Any.Type, String)])
  func refused(_ type: Any.Type, _ says: String) throws {
    let error = try #require(throws: SeppoError.self) {
      try PlainMemoryPromise.check([Int.self, type], place: "here:1")
    }
    #expect(error.description.contains(says) && error.description.contains("[at here:1]"), "\(error)")
  }
}
