/// The cores of this machine that a job may use.
package struct Cores: Sendable, Equatable {
  /// The number of hardware threads on which the processes may run.
  package let threads: Int
  /// The number of cores that they belong to, which `mpirun` counts as slots.
  package let physical: Int
  /// The processor time that the control groups allow, in cores; nil for no limit. A container's `--cpus` is such a limit.
  package let quota: Double?

  package init(threads: Int, physical: Int, quota: Double? = nil) {
    self.threads = threads
    self.physical = min(physical, threads)
    self.quota = quota
  }

  /// The number of compute threads that can run at the same time.
  package var count: Int { max(1, min(threads, quota.map { Int($0) } ?? threads)) }

  /// - Parameters:
  ///   - online: the number of hardware threads of the machine.
  ///   - read: returns the text of a file, or nil if there is none.
  package init(online: Int, read: (String) -> String?) {
    let allowed = CoreList.allowed(inStatus: read("/proc/self/status") ?? "") ?? Array(0..<online)
    let siblings = allowed.map { read("/sys/devices/system/cpu/cpu\($0)/topology/thread_siblings_list") ?? "\($0)" }
    self.init(threads: max(1, allowed.count), physical: max(1, Set(siblings).count), quota: CoreQuota.cores(read))
  }
}

/// The system's lists of hardware threads.
enum CoreList {
  /// Returns the numbers in the line `Cpus_allowed_list: 0-3,8`, or nil if there is no such line.
  static func allowed(inStatus text: String) -> [Int]? {
    let name = "Cpus_allowed_list:"
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    let numbers = line.dropFirst(name.count).split(separator: ",").flatMap { part -> [Int] in
      let bounds = part.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return [] }
      return Array(first...last)
    }
    return numbers.isEmpty ? nil : numbers
  }
}
