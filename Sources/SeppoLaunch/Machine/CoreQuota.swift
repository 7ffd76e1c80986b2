import SeppoSystem

/// The processor time that the control groups of this process allow.
///
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files and
/// https://docs.kernel.org/scheduler/sched-bwc.html for version 1.
enum CoreQuota {
  /// Returns the least quota of all levels, in cores; nil if none has one.
  ///
  /// - Parameter read: returns the text of a file, or nil if there is none.
  static func cores(_ read: (String) -> String?) -> Double? {
    ControlGroups.folders(of: "cpu", read).compactMap { folder in
      let files = folder.isUnified ? ["cpu.max"] : ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
      return quota(files.map { read("\(folder.path)/\($0)") ?? "" }.joined(separator: " "))
    }.min()
  }

  /// Parses `150000 100000`, the time in a period and the period; nil for `max` and -1, which mean no limit.
  private static func quota(_ text: String) -> Double? {
    let numbers = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard numbers.count == 2, let time = numbers[0], let period = numbers[1], time > 0, period > 0 else { return nil }
    return time / period
  }
}
