/// Files in which the system says something of itself, as those of /proc.
package enum SystemFile {
  /// Nil where there is none.
  package static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

  /// Nil where there is none.
  static func bytes(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { room in
      var text: [UInt8] = []
      while case let count = fread(room.baseAddress, 1, room.count, file), count > 0 { text += room[..<count] }
      return text
    }
  }
}
