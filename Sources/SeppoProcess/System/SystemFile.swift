/// Reads files that the system provides, such as those in /proc.
package enum SystemFile {
  /// Returns the file's text, or nil if there is none.
  package static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

  /// Returns the file's content, or nil if there is none.
  static func bytes(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      var text: [UInt8] = []
      while case let count = fread(buffer.baseAddress, 1, buffer.count, file), count > 0 { text += buffer[..<count] }
      return text
    }
  }
}
