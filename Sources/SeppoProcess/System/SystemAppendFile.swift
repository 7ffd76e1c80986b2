/// A new file to which text is appended. Other processes may append to it too.
package final class SystemAppendFile {
  private let file: Int32

  /// Creates the file. One that exists is emptied.
  package init(_ path: String) throws(FileRefusal) {
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    if file < 0 { throw FileRefusal(path, errno) }
  }

  deinit { close(file) }

  /// Appends text. If the disk is full, the rest is lost.
  package func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = writeBytes(rest, to: file)
        if count <= 0, errno != EINTR { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
      }
    }
  }
}
