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

  /// Returns the entries of a folder whose names are numbers, such as the processes in /proc; nil if it can't be read.
  static func numbers(in path: String) -> [Int32]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var numbers: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
  }

  /// Returns the variables that a process was started with, as `NAME=value`; none if they can't be read.
  static func environment(of process: pid_t) -> [ArraySlice<UInt8>] {
    bytes("/proc/\(process)/environ")?.split(separator: 0) ?? []
  }

  /// Returns what a symbolic link contains; nil if it can't be read.
  static func link(_ path: String) -> String? {
    var text = [CChar](repeating: 0, count: 256)
    let length = readlink(path, &text, text.count)
    return length < 0 ? nil : String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Returns the children of this process that its thread with this number has created or adopted.
  static func children(of thread: pid_t) -> [pid_t] {
    text("/proc/self/task/\(thread)/children")?.split(separator: " ").compactMap { pid_t($0) } ?? []
  }

  /// Returns a process's name, its state and its parent; nil if there is no such process.
  static func status(of process: pid_t) -> (name: Substring, state: Substring, parent: pid_t)? {
    guard let (name, fields) = statusFields(of: process), fields.count > 2, let parent = pid_t(fields[2]) else {
      return nil
    }
    return (name, fields[1], parent)
  }

  /// Returns when a process started, in clock ticks since the system started; nil if there is no such process.
  static func startTime(of process: pid_t) -> Int? {
    guard let (_, fields) = statusFields(of: process), fields.count > 20 else { return nil }
    return Int(fields[20])
  }

  /// Returns a process's name, and the fields of its status from the end of the name on.
  private static func statusFields(of process: pid_t) -> (name: Substring, fields: [Substring])? {
    // The name is in parentheses, and may contain any characters.
    guard let text = text("/proc/\(process)/stat"), let start = text.firstIndex(of: "("),
      let end = text.lastIndex(of: ")"), start < end
    else { return nil }
    return (text[start..<end].dropFirst(), text[end...].split(separator: " "))
  }
}
