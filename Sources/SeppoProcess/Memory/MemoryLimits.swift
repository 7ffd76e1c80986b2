/// The limits on this process's memory that can be known: on Linux those of the process, of its control groups, of the
/// Slurm job and of the machine; elsewhere none.
///
/// What the kernel gives up before it kills anybody (file caches, and memory that can be swapped out) is no hindrance.
package struct MemoryLimits: Sendable {
  /// The text of a file; nil where there is none.
  package var read: @Sendable (String) -> String? = { SystemFile.text($0) }
  package var variable: @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  /// RLIMIT_AS, in bytes; nil where there is no limit.
  package var addressSpace: @Sendable () -> Int? = readAddressSpace

  /// Gives back what this process no longer uses, and still has from the system.
  package var giveBack: @Sendable () -> Void = giveBackFreed

  /// What is left of each limit.
  package func rooms() -> [MemoryRoom] {
    let machine = table(read("/proc/meminfo")).mapValues { $0.times(1024) }
    let swap = machine["SwapFree"] ?? 0
    let own = sizes()
    var rooms: [MemoryRoom] = []
    func add(_ bytes: Int?, _ limit: String, isShared: Bool = true) {
      if let bytes { rooms.append(MemoryRoom(bytes: bytes, limit: limit, isShared: isShared)) }
    }
    if let own, let limit = addressSpace() { add(limit - own.virtual, "RLIMIT_AS (ulimit -v)", isShared: false) }
    add(groups(swap: swap), "the cgroup's limit")
    add(slurm().map { $0 - (own?.resident ?? 0) }, "Slurm's --mem")
    add(machine["MemAvailable"].map { $0.plus(swap) }, "this machine's memory")
    return rooms
  }

  /// Bytes of this process that stand in memory now.
  package var resident: Int? { sizes()?.resident }

  /// Whether so many bytes can't be held.
  ///
  /// - Parameters:
  ///   - own: what this process takes.
  ///   - shared: what it and others of this machine take together.
  ///   - ranks: how many these are.
  ///   - slack: so much is to remain.
  /// - Returns: what is missing of the tightest limit; nil where they can be held, or nothing is known.
  package func shortage(
    own: Int, shared: Int, ranks: Int = 1, slack: Int = MemoryRoom.slack
  ) -> MemoryShortage? {
    guard max(own, shared) >= MemoryRoom.worthALook else { return nil }
    return look(own: own, shared: shared, ranks: ranks, slack: slack)
  }

  /// The same, however few they are.
  package func look(own: Int, shared: Int, ranks: Int = 1, slack: Int) -> MemoryShortage? {
    guard let room = tightest(where: { ($0.isShared ? shared : own) > $0.bytes - slack }).short else { return nil }
    return MemoryShortage(
      needed: room.isShared ? shared : own, available: max(0, room.bytes - slack), limit: room.limit,
      ranks: room.isShared ? ranks : 1)
  }

  /// The tightest of those limits that are too tight, and what is left of the tightest of all.
  package func tightest(where isShort: (MemoryRoom) -> Bool) -> (short: MemoryRoom?, least: Int) {
    var rooms = rooms()
    if rooms.contains(where: isShort) {
      giveBack()
      rooms = self.rooms()
    }
    return (
      rooms.filter(isShort).min { $0.bytes < $1.bytes }, rooms.map(\.bytes).min() ?? .max
    )
  }

  private func sizes() -> (virtual: Int, resident: Int)? {
    guard let pages = read("/proc/self/statm")?.split(separator: " ").prefix(2).compactMap({ number($0) }),
      pages.count == 2
    else { return nil }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    return (pages[0].times(page), pages[1].times(page))
  }

  /// Of the environment; nil where it doesn't say so, or the job has all of the machine (0).
  private func slurm() -> Int? {
    func count(_ name: String) -> Int? { variable(name).flatMap { number($0[...]) } }
    let megabytes: Int? =
      if let node = count("SLURM_MEM_PER_NODE") {
        node
      } else if let core = count("SLURM_MEM_PER_CPU"),
        let cores = count("SLURM_CPUS_ON_NODE")
      { core.times(cores) } else { nil }
    guard let megabytes, megabytes > 0 else { return nil }
    return megabytes.times(1 << 20)
  }
}

extension MemoryLimits {
  /// - Parameter more: gives back what else this process has and can do without, before freed memory goes.
  package init(givingBack more: @escaping @Sendable () -> Void) {
    self.init()
    giveBack = {
      more()
      giveBackFreed()
    }
  }
}

/// Control groups.
extension MemoryLimits {
  /// The least that is left on any level of the groups that this process is in; nil where none has a limit.
  ///
  /// - Parameter swap: bytes that the machine has to swap out to.
  private func groups(swap: Int) -> Int? {
    var least: Int?
    for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        // Where version 1 stands beside it, version 2 has a folder of its own.
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
          for folder in levels(of: parts[2], under: root) { note(unified(folder, swap)) }
        }
      } else if parts[1].split(separator: ",").contains("memory") {
        for folder in levels(of: parts[2], under: "/sys/fs/cgroup/memory") { note(version1(folder, swap)) }
      }
    }
    func note(_ room: Int?) { if let room { least = min(least ?? room, room) } }
    return least
  }

  /// The group's folder and all above it. In a container the path may be one of the machine outside: then what is mounted
  /// is the group itself, and the folders below aren't there.
  private func levels(of path: Substring, under root: String) -> [String] {
    let names = path.split(separator: "/")
    if names.contains("..") { return [root] }
    return (0...names.count).map { root + names.prefix($0).map { "/\($0)" }.joined() }
  }

  private func unified(_ folder: String, _ swap: Int) -> Int? {
    guard let limit = value("\(folder)/memory.max"), let used = value("\(folder)/memory.current") else { return nil }
    let parts = table(read("\(folder)/memory.stat"))
    let files = (parts["inactive_file"] ?? 0).plus(parts["active_file"] ?? 0).plus(parts["slab_reclaimable"] ?? 0)
    let swapLimit = value("\(folder)/memory.swap.max") ?? .max
    let swapLeft = max(0, swapLimit - (value("\(folder)/memory.swap.current") ?? 0))
    return (limit - max(0, used - files)).plus(min(swap, swapLeft))
  }

  private func version1(_ folder: String, _ swap: Int) -> Int? {
    // No limit is a very large one.
    guard let limit = value("\(folder)/memory.limit_in_bytes"), limit < 1 << 60,
      let used = value("\(folder)/memory.usage_in_bytes")
    else { return nil }
    let parts = table(read("\(folder)/memory.stat"))
    func all(_ name: String) -> Int { parts["total_\(name)"] ?? parts[name] ?? 0 }
    let files = all("inactive_file").plus(all("active_file"))
    let room = (limit - max(0, used - files)).plus(swap)
    guard let both = value("\(folder)/memory.memsw.limit_in_bytes"),
      let bothUsed = value("\(folder)/memory.memsw.usage_in_bytes")
    else { return room }
    return min(room, both - max(0, bothUsed - files))
  }

  private func value(_ path: String) -> Int? { read(path).flatMap { number($0[...]) } }
}

/// What such files hold.
extension MemoryLimits {
  /// A whole number that isn't negative, with white space around it.
  private func number(_ text: Substring) -> Int? {
    guard let number = Int(text.trimmingPrefix(while: \.isWhitespace).prefix { !$0.isWhitespace }), number >= 0 else {
      return nil
    }
    return number
  }

  /// Lines of a name, perhaps a colon, and a number.
  private func table(_ text: String?) -> [String: Int] {
    var table: [String: Int] = [:]
    for line in (text ?? "").split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let number = number(words[1]) else { continue }
      table[String(words[0].prefix { $0 != ":" })] = number
    }
    return table
  }
}

@Sendable private func readAddressSpace() -> Int? {
  var limit = rlimit()
  #if canImport(Glibc)
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
  #else
    guard getrlimit(RLIMIT_AS, &limit) == 0 else { return nil }
  #endif
  // "Unlimited" is more than an Int holds.
  return Int(exactly: limit.rlim_cur).flatMap { $0 == .max ? nil : $0 }
}

@Sendable private func giveBackFreed() {
  #if canImport(Glibc)
    // By its name: Swift's Glibc leaves out malloc.h.
    guard let trim = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
  #endif
}
