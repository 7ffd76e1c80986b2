import SeppoTransport
import SeppoWire

/// How a call ended, as rank 0 sends it to the other ranks.
enum CallOutcome {
  /// The call succeeded, and this rank gets no values.
  case done
  /// The results of a map.
  case values(SharedResults)
  /// A value of this many bytes follows by broadcast.
  case value(bytes: Int)
  case threw(SeppoError)
  /// Rank 0 has called `Seppo.exit` in a body that only it runs. The other ranks exit too.
  case exit(status: Int32)
}

/// The results of a map, as rank 0 sends them to every rank: a header, with the results themselves if they are small.
struct SharedResults {
  /// The number of results.
  let count: Int
  /// The item counts and byte counts of the parts, alternating; empty for plain memory.
  let parts: [Int]
  /// The encoded results, if they are small; otherwise they follow by broadcast.
  let bytes: [UInt8]
  /// The failed items, which have no result (`[FailedItem]`); empty if there are none.
  let failures: [UInt8]

  /// The maximum size of payloads that are sent inline with the completion message, in bytes.
  static let inlineLimit = 1024
}

extension CallOutcome {
  private enum Kind: Int { case done, values, value, threw, exit }

  /// Returns four words, then what the kind requires. Encoded manually for speed: every call ends with this message, on every
  /// rank.
  func encoded() throws -> WireWriter {
    let writer = WireWriter()
    func append(_ kind: Kind, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) {
      let head = writer.append(uninitialized: CallOutcome.size)
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
    guard bytes.count >= CallOutcome.size, let kind = Kind(rawValue: word(0)) else {
      throw ProtocolError("a call's outcome arrived in an invalid form")
    }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[CallOutcome.size...])
    switch kind {
    case .done: self = .done
    case .value: self = .value(bytes: word(1))
    case .exit: self = .exit(status: Int32(truncatingIfNeeded: word(1)))
    case .threw: self = .threw(try Control.decode(SeppoError.self, from: rest, rank: rank, host: host))
    case .values:
      let (parts, length) = (word(2), word(3))
      guard parts >= 0, length >= 0, parts <= rest.count / 8, length <= rest.count - parts * 8 else {
        throw ProtocolError("a call's outcome arrived in an invalid form")
      }
      self = .values(
        SharedResults(
          count: word(1),
          parts: [Int](unsafeUninitializedCapacity: parts) { places, count in
            UnsafeMutableRawBufferPointer(places).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: rest[..<(parts * 8)]))
            count = parts
          }, bytes: Array(rest[(parts * 8)..<(parts * 8 + length)]),
          failures: Array(rest[(parts * 8 + length)...])))
    }
  }
}
