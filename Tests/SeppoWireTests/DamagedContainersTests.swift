import SeppoWire
import Testing

/// Damage found by calls that can't throw (`allKeys`, `contains`) must not look like a missing key.
@Suite struct DamagedContainersTests {
  /// A dictionary requests all its keys. Those after the damage must not be lost without an error.
  @Test func damagedKeysOfADictionaryAreErrors() throws {
    let bytes = try encoded([["a": "x", "b": "y", "c": "z"]])
    // Tag, six bytes of length, then three entries of five bytes: key length, key, tag, string length, string.
    #expect(bytes.count == 7 + 15)
    for entry in 0..<3 {
      var damaged = bytes
      damaged[7 + 5 * entry] = 0x7F
      #expect(decodingError([String: String].self, from: damaged) != nil)
      damaged = bytes
      damaged[7 + 5 * entry + 1] = 0xFF
      #expect(decodingError([String: String].self, from: damaged)?.reason.contains("UTF-8") == true)
      damaged = bytes
      damaged[7 + 5 * entry + 2] = 0x7E
      #expect(decodingError([String: String].self, from: damaged) != nil)
    }
  }

  @Test func containsDoesNotHideDamage() throws {
    var bytes = try encoded([Asking(value: 5)])
    #expect(try decoded(Asking.self, from: bytes)[0].value == 5)
    // The first key's length.
    bytes[7] = 0x7F
    #expect(decodingError(Asking.self, from: bytes)?.reason.contains("expected 127 bytes") == true)
  }

  /// A program may catch the error and decode something else instead. Then the error is not thrown again.
  @Test func caughtErrorsAreNotThrownAgain() throws {
    var bytes = try encoded([One(value: Asking(value: 5))])
    let at = try #require(bytes.firstIndex(of: UInt8(ascii: "v"))) - 1
    bytes[at] = 0x7F
    let back = try decoded(OneOrNothing.self, from: bytes)
    #expect(back[0].value == nil)
  }
}

/// A type whose container stores its keys next to the values.
struct Asking: Codable {
  var value: Int?
  init(value: Int?) { self.value = value }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(value, forKey: AnyKey("value"))
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    value = container.contains(AnyKey("value")) ? try container.decode(Int.self, forKey: AnyKey("value")) : nil
  }
}

struct OneOrNothing: Decodable {
  var value: Asking?
  private enum Key: CodingKey { case value }
  init(from decoder: any Decoder) throws {
    value = try? decoder.container(keyedBy: Key.self).decode(Asking.self, forKey: .value)
  }
}
