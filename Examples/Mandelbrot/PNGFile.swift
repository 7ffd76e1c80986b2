import Foundation

/// A PNG file that is written row by row, without compression: a short writer, and files that any program opens.
///
/// Sources: the PNG specification (https://www.w3.org/TR/png), RFC 1950 (zlib), RFC 1951 (deflate).
final class PNGFile {
  /// A row is one block of deflate: 65,535 bytes at most, one of them for the row's filter.
  static let maximumWidth = 65_534 / 3

  private let file: FileHandle
  private var adler = Adler32()

  /// Creates the file, or replaces it.
  init(_ path: String, width: Int, height: Int) throws {
    let url = URL(fileURLWithPath: path)
    try Data().write(to: url)
    file = try FileHandle(forWritingTo: url)
    try file.write(contentsOf: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] as [UInt8])
    // 8 bits for each of red, green and blue.
    try write("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
    // The header of zlib.
    try write("IDAT", [0x78, 0x01])
  }

  /// Writes the next row: red, green and blue of each pixel.
  func append(_ row: [UInt8]) throws {
    // No filter.
    let bytes = [0] + row
    adler.update(bytes)
    try write("IDAT", block(bytes, isLast: false))
  }

  func close() throws {
    try write("IDAT", block([], isLast: true) + bigEndian(adler.value))
    try write("IEND", [])
    try file.close()
  }

  /// Returns a block of deflate that is stored as it is.
  private func block(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    let count = UInt16(bytes.count)
    return [isLast ? 1 : 0] + [count, ~count].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } + bytes
  }

  private func write(_ name: String, _ content: [UInt8]) throws {
    let checked = Array(name.utf8) + content
    try file.write(contentsOf: bigEndian(UInt32(content.count)) + checked + bigEndian(CRC32.of(checked)))
  }

  private func bigEndian(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 0xFF) } }
}

/// The checksum of zlib.
private struct Adler32 {
  private var (low, high): (UInt32, UInt32) = (1, 0)

  var value: UInt32 { high << 16 | low }

  mutating func update(_ bytes: [UInt8]) {
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
  }
}

/// The checksum of PNG's chunks.
private enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { rest, _ in rest & 1 == 1 ? 0xEDB8_8320 ^ rest >> 1 : rest >> 1 }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
  }
}
