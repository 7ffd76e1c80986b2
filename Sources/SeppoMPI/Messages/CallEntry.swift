import SeppoTransport
import SeppoWire

/// The message that a rank sends to rank 0 when it reaches a call.
struct CallEntry {
  /// The number of the rank's compute threads.
  let threads: Int
  let number: Int
  /// The sample of the rank's items; nil if they aren't compared.
  let sample: ItemSample?
  private let message: Message
  /// The offset of the call site, in bytes.
  private let siteOffset: Int

  /// The size of the header: threads, call number, number of items (-1 if they aren't compared), number of fingerprints.
  private static let size = 32

  /// - Throws: `ProtocolError` for an invalid message.
  init(_ message: Message) throws(ProtocolError) {
    let bytes = message.bytes
    func word(_ place: Int) -> Int64 {
      Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self))
    }
    guard bytes.count >= CallEntry.size, let fingerprints = Int(exactly: word(3)),
      (0...(bytes.count - CallEntry.size) / 8).contains(fingerprints)
    else { throw ProtocolError("the message that a rank has reached a call is invalid") }
    threads = Int(word(0))
    number = Int(word(1))
    let count = Int(word(2))
    sample =
      count < 0
      ? nil : ItemSample(count: count, fingerprints: (0..<fingerprints).map { UInt64(bitPattern: word(4 + $0)) })
    siteOffset = CallEntry.size + 8 * fingerprints
    self.message = message
  }

  static func write(_ signature: CallSignature, threads: Int, _ sample: ItemSample?) -> WireWriter {
    let fingerprints = sample?.fingerprints ?? []
    let text = signature.bytes
    let writer = WireWriter(capacity: size + 8 * fingerprints.count + text.count)
    let head = writer.append(uninitialized: size + 8 * fingerprints.count)
    for (place, word) in [threads, signature.number, sample?.count ?? -1, fingerprints.count].enumerated() {
      head.storeBytes(of: Int64(word).littleEndian, toByteOffset: 8 * place, as: Int64.self)
    }
    for (place, fingerprint) in fingerprints.enumerated() {
      head.storeBytes(of: fingerprint.littleEndian, toByteOffset: size + 8 * place, as: UInt64.self)
    }
    text.withUnsafeBytes { writer.append($0) }
    return writer
  }

  private var site: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: message.bytes[siteOffset...]) }

  func matches(_ signature: CallSignature) -> Bool {
    guard number == signature.number else { return false }
    if site.elementsEqual(signature.bytes) { return true }
    // Ranks may end with different statuses.
    return signature.site.isProgramEnd && CallSite.texts(site).dropFirst().first == ""
  }

  func position(of rank: Int) -> SeppoError.Position {
    let texts = CallSite.texts(site)
    return .init(
      rank: rank, number: number, call: texts.first ?? "", place: texts.dropFirst().first ?? "",
      types: texts.dropFirst(2).first ?? "")
  }
}
