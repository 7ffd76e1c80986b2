/// Returns the system's text for an error number with which it has refused a thread or a process, and the limit that is reached.
func refusalText(_ error: Int32) -> String {
  let text = String(cString: strerror(error))
  return error == EAGAIN
    ? "\(text): the limit of processes and threads is reached (ulimit -u, or the control group's)" : text
}

/// A folder or file that a program is to use can't be.
package struct FileRefusal: Error {
  package let reason: String

  init(_ path: String, reason: String) { self.reason = "\(path): \(reason)" }

  init(_ path: String, _ error: Int32) { self.init(path, reason: String(cString: strerror(error))) }
}
