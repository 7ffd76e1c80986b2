/// Where programs are.
package enum ProgramSearch {
  /// A program that isn't there.
  package struct Missing: Error {
    /// The folders that were searched; nil if the program was given by its path.
    package let folders: String?
    /// Why it can't be used, if it is there.
    package let reason: String?
  }

  /// Returns the path of a program, as a shell finds it.
  ///
  /// - Parameters:
  ///   - program: a name, or a path, which is relative to the current folder.
  ///   - folders: the value of the variable PATH.
  package static func path(of program: String, in folders: String) throws(Missing) -> String {
    if program.contains("/") {
      let path = absolute(program)
      if let reason = refusal(path) { throw Missing(folders: nil, reason: "\(path): \(reason)") }
      return path
    }
    if program.isEmpty { throw Missing(folders: nil, reason: "the name of the program is empty") }
    var reason: String?
    for folder in folders.split(separator: ":", omittingEmptySubsequences: false) {
      let path = "\(folder.isEmpty ? currentFolder[...] : folder)/\(program)"
      guard let refusal = refusal(path) else {
        return absolute(path)
      }
      if access(path, F_OK) == 0 { reason = reason ?? "\(path): \(refusal)" }
    }
    throw Missing(folders: folders, reason: reason)
  }

  /// Returns the path from the root.
  package static func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(currentFolder)/\(path)" }

  private static func refusal(_ path: String) -> String? {
    var file = stat()
    if stat(path, &file) != 0 { return String(cString: strerror(errno)) }
    if file.st_mode & S_IFMT == S_IFDIR { return "Is a directory" }
    return access(path, X_OK) == 0 ? nil : "\(String(cString: strerror(errno))) (chmod +x?)"
  }

  private static var currentFolder: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }
}
