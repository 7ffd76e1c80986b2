import SeppoTransport
import SeppoWire

/// What a rank sends to rank 0 when it comes to a call.
struct Entry {
  /// Compute threads with which the rank takes part.
  let threads: Int
  let number: Int
  /// What the rank's items are compared by, where it has any.
  let sample: ItemSample?
  private let message: Message
  /// Where the site begins.
  private let head: Int

  /// Threads, number, how many items there are (-1 where they aren't compared), and how many marks follow.
  private static let size = 32

  /// - Throws: `ProtocolError`, where the message isn't one.
  init(_ message: Message) throws(ProtocolError) {
    let bytes = message.bytes
    func word(_ place: Int) -> Int64 {
      Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self))
    }
    guard bytes.count >= Entry.size, let marks = Int(exactly: word(3)),
      (0...(bytes.count - Entry.size) / 8).contains(marks)
    else { throw ProtocolError("a rank came to a call without saying to which") }
    threads = Int(word(0))
    number = Int(word(1))
    let count = Int(word(2))
    sample =
      count < 0 ? nil : ItemSample(count: count, marks: (0..<marks).map { UInt64(bitPattern: word(4 + $0)) })
    head = Entry.size + 8 * marks
    self.message = message
  }

  static func write(_ signature: CallSignature, threads: Int, _ sample: ItemSample?) -> _WireWriter {
    let marks = sample?.marks ?? []
    let writer = _WireWriter(capacity: size + 8 * marks.count + signature.site.bytes.count)
    let head = writer.append(uninitialized: size + 8 * marks.count)
    for (place, word) in [threads, signature.number, sample?.count ?? -1, marks.count].enumerated() {
      head.storeBytes(of: Int64(word).littleEndian, toByteOffset: 8 * place, as: Int64.self)
    }
    for (place, mark) in marks.enumerated() {
      head.storeBytes(of: mark.littleEndian, toByteOffset: size + 8 * place, as: UInt64.self)
    }
    signature.site.bytes.withUnsafeBytes { writer.append($0) }
    return writer
  }

  private var site: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: message.bytes[head...]) }

  func matches(_ signature: CallSignature) -> Bool {
    guard number == signature.number else { return false }
    if site.elementsEqual(signature.site.bytes) { return true }
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
