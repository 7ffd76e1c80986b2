/// How many processes of this machine the system has killed for want of memory, by its own count.
package enum KilledProcesses {
  /// Nil where the system doesn't say (Linux before 4.13, and others).
  package static var count: Int? {
    let name = "oom_kill "
    return SystemFile.text("/proc/vmstat")?.split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { Int($0.dropFirst(name.count)) }
  }
}
