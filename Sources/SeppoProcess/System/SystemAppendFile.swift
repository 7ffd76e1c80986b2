/// A new file to which text is appended. Other processes may append to it too.
package final class SystemAppendFile {
  private let file: Int32
  private let path: String

  /// Creates the file. One that exists is emptied.
  package init(_ path: String) throws(FileRefusal) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    if file < 0 { throw FileRefusal(path, errno) }
  }

  deinit { close(file) }

  /// Appends text.
  ///
  /// - Throws: `FileRefusal` if the disk is full, for example; the rest of the text is lost.
  package func append(_ text: String) throws(FileRefusal) {
    var text = text
    if let error = text.withUTF8({ writeAll(UnsafeRawBufferPointer($0), to: file) }) { throw FileRefusal(path, error) }
  }
}
