import SeppoTransport
import SeppoWire

/// What a rank sends to rank 0 when it comes to a call.
struct Entry {
  /// Compute threads with which the rank takes part.
  let threads: Int
  let number: Int
  private let message: Message

  private static let size = 16

  /// - Throws: `MPIError`, where the message isn't one.
  init(_ message: Message) throws(MPIError) {
    let bytes = message.bytes
    guard bytes.count >= Entry.size else {
      throw ChunkHeader.corrupted("a rank came to a call without saying to which")
    }
    threads = Int(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
    number = Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self)))
    self.message = message
  }

  static func write(_ signature: CallSignature, threads: Int) -> _WireWriter {
    let writer = _WireWriter(capacity: size + signature.site.bytes.count)
    let head = writer.append(uninitialized: size)
    head.storeBytes(of: Int64(threads).littleEndian, as: Int64.self)
    head.storeBytes(of: Int64(signature.number).littleEndian, toByteOffset: 8, as: Int64.self)
    signature.site.bytes.withUnsafeBytes { writer.append($0) }
    return writer
  }

  private var site: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: message.bytes[Entry.size...]) }

  func matches(_ signature: CallSignature) -> Bool {
    number == signature.number && site.elementsEqual(signature.site.bytes)
  }

  func position(of rank: Int) -> SeppoError.Position {
    let texts = CallSite.texts(site)
    return .init(
      rank: rank, number: number, call: texts.first ?? "", place: texts.dropFirst().first ?? "",
      types: texts.dropFirst(2).first ?? "")
  }
}
