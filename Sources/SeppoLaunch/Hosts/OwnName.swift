/// Names that mean this machine, which needs no remote start.
package struct OwnName: Sendable {
  private let name: String

  /// - Parameter name: as `uname -n` prints it.
  package init(_ name: String) { self.name = name }

  package func includes(_ host: String) -> Bool {
    let short = name.prefix { $0 != "." }
    if host == "localhost" || host == "::1" || host.hasPrefix("127.") { return true }
    // Open MPI's +n0 is a node of an allocation, and ^ excludes one.
    if host.hasPrefix("+") || host.hasPrefix("^") { return true }
    return host == name || host == short || host.hasPrefix("\(short).")
  }
}
