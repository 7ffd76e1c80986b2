import SeppoTransport
import SeppoWire

/// How a call ended, as rank 0 tells it to the others.
enum Outcome {
  /// Nothing comes to this rank.
  case done
  /// The results of a map.
  case values(Values)
  /// A value in so many bytes follows by broadcast.
  case value(bytes: Int)
  case threw(SeppoError)
  /// Rank 0 has called `Seppo.exit` where only it is: everybody follows.
  case exit(status: Int32)
}

/// The results of a map on their way from rank 0 to every rank: what precedes them, or all there is.
struct Values {
  /// How many there are.
  let count: Int
  /// Where they don't travel as memory: how many items each part has, and how many bytes, in turns.
  let parts: [Int]
  /// The bytes themselves, where they are few; otherwise they follow by broadcast.
  let bytes: [UInt8]
  /// The items that failed (`[FailedItem]`), which have no result; empty where there are none.
  let failures: [UInt8]

  /// Up to so many bytes go with the word that the call has ended: that saves a message its way.
  static let few = 1024
}

extension Outcome {
  private enum Kind: Int { case done, values, value, threw, exit }

  /// Four words, then what the kind asks for. Written by hand: every call of a program ends with it, on every rank.
  func encoded() throws -> _WireWriter {
    let writer = _WireWriter()
    func append(_ kind: Kind, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) {
      let head = writer.append(uninitialized: Outcome.size)
      for (place, word) in [kind.rawValue, first, second, third].enumerated() {
        head.storeBytes(of: Int64(word).littleEndian, toByteOffset: place * 8, as: Int64.self)
      }
    }
    switch self {
    case .done: append(.done)
    case .values(let values):
      append(.values, values.count, values.parts.count, values.bytes.count)
      values.parts.withUnsafeBytes { writer.append($0) }
      values.bytes.withUnsafeBytes { writer.append($0) }
      values.failures.withUnsafeBytes { writer.append($0) }
    case .value(let bytes): append(.value, bytes)
    case .exit(let status): append(.exit, Int(status))
    case .threw(let error):
      append(.threw)
      let coded = try Control.encode(error)
      withExtendedLifetime(coded) { writer.append(UnsafeRawBufferPointer(coded.bytes)) }
    }
    return writer
  }

  private static let size = 32

  init(_ bytes: UnsafeRawBufferPointer, rank: Int, host: String) throws {
    func word(_ place: Int) -> Int {
      Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: Int64.self)))
    }
    guard bytes.count >= Outcome.size, let kind = Kind(rawValue: word(0)) else {
      throw ProtocolError("a call's end came in a form that can't be")
    }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[Outcome.size...])
    switch kind {
    case .done: self = .done
    case .value: self = .value(bytes: word(1))
    case .exit: self = .exit(status: Int32(truncatingIfNeeded: word(1)))
    case .threw: self = .threw(try Control.decode(SeppoError.self, from: rest, rank: rank, host: host))
    case .values:
      let (parts, few) = (word(2), word(3))
      guard parts >= 0, few >= 0, parts <= rest.count / 8, few <= rest.count - parts * 8 else {
        throw ProtocolError("a call's end came in a form that can't be")
      }
      self = .values(
        Values(
          count: word(1),
          parts: [Int](unsafeUninitializedCapacity: parts) { places, count in
            UnsafeMutableRawBufferPointer(places).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: rest[..<(parts * 8)]))
            count = parts
          }, bytes: Array(rest[(parts * 8)..<(parts * 8 + few)]), failures: Array(rest[(parts * 8 + few)...])))
    }
  }
}
