/// The name of this machine.
package enum HostName {
  /// The result of `gethostname`.
  package static let own: String = {
    let capacity = 256
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { name in
      name.initialize(repeating: 0)
      guard let start = name.baseAddress, gethostname(start, capacity - 1) == 0 else { return "unknown host" }
      return String(cString: start)
    }
  }()
}
