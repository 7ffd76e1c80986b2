/// Where programs are.
package enum ProgramSearch {
  /// A program that isn't there.
  package struct Missing: Error, Equatable {
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
      if let reason = refusal(program) { throw Missing(folders: nil, reason: reason) }
      return program.hasPrefix("/") ? program : "\(currentFolder)/\(program)"
    }
    var reason: String?
    for folder in folders.split(separator: ":", omittingEmptySubsequences: false) where !program.isEmpty {
      let path = "\(folder.isEmpty ? currentFolder[...] : folder)/\(program)"
      guard let refusal = refusal(path) else {
        return path.hasPrefix("/") ? path : "\(currentFolder)/\(path)"
      }
      if access(path, F_OK) == 0 { reason = reason ?? "\(path): \(refusal)" }
    }
    throw Missing(folders: folders, reason: reason)
  }

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
