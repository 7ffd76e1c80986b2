/// The system's count of processes that it has killed because this machine was out of memory.
package enum OutOfMemoryKills {
  /// Nil if the system doesn't count them (Linux before 4.13, and other systems).
  package static var count: Int? {
    let name = "oom_kill "
    return SystemFile.text("/proc/vmstat")?.split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { Int($0.dropFirst(name.count)) }
  }
}
