import SeppoSystem

/// The known limits on this process's memory: on Linux those of the process, its control groups, the Slurm job and the
/// machine; on other systems none.
///
/// Memory that the kernel reclaims before it kills a process (file caches, and memory that can be swapped out) counts as
/// available.
package struct MemoryLimits: Sendable {
  /// Returns the text of a file, or nil if there is none.
  package var read: @Sendable (String) -> String? = { SystemFile.text($0) }
  package var variable: @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  /// Returns RLIMIT_AS in bytes, or nil if there is no limit.
  package var addressSpace: @Sendable () -> Int? = readAddressSpace

  /// Returns freed memory that this process still holds to the system.
  package var releaseUnused: @Sendable () -> Void = releaseFreed

  /// Returns the available memory under each limit.
  package func availabilities() -> [AvailableMemory] {
    let machine = table(read("/proc/meminfo")).mapValues { $0.times(1024) }
    let swap = machine["SwapFree"] ?? 0
    let own = sizes()
    var availabilities: [AvailableMemory] = []
    func add(_ bytes: Int?, _ limit: String, isShared: Bool = true) {
      if let bytes { availabilities.append(AvailableMemory(bytes: bytes, limit: limit, isShared: isShared)) }
    }
    if let own, let limit = addressSpace() { add(limit - own.virtual, "RLIMIT_AS (ulimit -v)", isShared: false) }
    add(groups(swap: swap), "the cgroup's limit")
    add(slurm().map { $0 - (own?.resident ?? 0) }, "Slurm's --mem")
    add(machine["MemAvailable"].map { $0.plus(swap) }, "this machine's memory")
    return availabilities
  }

  /// The resident size of this process, in bytes.
  package var resident: Int? { sizes()?.resident }

  /// Returns the shortage if an allocation doesn't fit. Amounts below `AvailableMemory.leastChecked` aren't checked.
  ///
  /// - Parameters:
  ///   - own: the bytes that this process needs.
  ///   - shared: the bytes that this process and others on this machine need together.
  ///   - ranks: the number of these processes.
  ///   - slack: the bytes that must remain available.
  /// - Returns: the shortage under the tightest limit; nil if the memory is available or no limit is known.
  package func shortage(
    own: Int, shared: Int, ranks: Int = 1, slack: Int = AvailableMemory.slack
  ) -> MemoryShortage? {
    guard max(own, shared) >= AvailableMemory.leastChecked else { return nil }
    return exactShortage(own: own, shared: shared, ranks: ranks, slack: slack)
  }

  /// Like `shortage`, but checks small amounts too.
  package func exactShortage(own: Int, shared: Int, ranks: Int = 1, slack: Int) -> MemoryShortage? {
    guard let short = tightest(where: { ($0.isShared ? shared : own) > $0.bytes - slack }).short else { return nil }
    return MemoryShortage(
      needed: short.isShared ? shared : own, available: max(0, short.bytes - slack), limit: short.limit,
      ranks: short.isShared ? ranks : 1)
  }

  /// Returns the tightest of the limits that match, and the least memory available under any limit, in bytes.
  package func tightest(where isShort: (AvailableMemory) -> Bool) -> (short: AvailableMemory?, least: Int) {
    var availabilities = availabilities()
    if availabilities.contains(where: isShort) {
      releaseUnused()
      availabilities = self.availabilities()
    }
    return (
      availabilities.filter(isShort).min { $0.bytes < $1.bytes }, availabilities.map(\.bytes).min() ?? .max
    )
  }

  private func sizes() -> (virtual: Int, resident: Int)? {
    guard let pages = read("/proc/self/statm")?.split(separator: " ").prefix(2).compactMap({ number($0) }),
      pages.count == 2
    else { return nil }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    return (pages[0].times(page), pages[1].times(page))
  }

  /// The memory limit in Slurm's environment variables, in bytes; nil if there is none or the job has the whole machine (0).
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
  /// - Parameter freeCaches: frees memory that this process can do without; called before freed memory is returned to the
  ///   system.
  package init(freeingCaches freeCaches: @escaping @Sendable () -> Void) {
    self.init()
    releaseUnused = {
      freeCaches()
      releaseFreed()
    }
  }
}

// MARK: Control groups

extension MemoryLimits {
  /// Returns the least memory available on any level of this process's groups; nil if none has a limit.
  ///
  /// - Parameter swap: the free swap space of the machine, in bytes.
  private func groups(swap: Int) -> Int? {
    ControlGroups.folders(of: "memory", read).compactMap { folder in
      folder.isUnified ? unified(folder.path, swap) : version1(folder.path, swap)
    }.min()
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
    // Version 1 has a very large number for "no limit".
    guard let limit = value("\(folder)/memory.limit_in_bytes"), limit < 1 << 60,
      let used = value("\(folder)/memory.usage_in_bytes")
    else { return nil }
    let parts = table(read("\(folder)/memory.stat"))
    func all(_ name: String) -> Int { parts["total_\(name)"] ?? parts[name] ?? 0 }
    let files = all("inactive_file").plus(all("active_file"))
    let available = (limit - max(0, used - files)).plus(swap)
    guard let both = value("\(folder)/memory.memsw.limit_in_bytes"),
      let bothUsed = value("\(folder)/memory.memsw.usage_in_bytes")
    else { return available }
    return min(available, both - max(0, bothUsed - files))
  }

  private func value(_ path: String) -> Int? { read(path).flatMap { number($0[...]) } }
}

// MARK: Parsing

extension MemoryLimits {
  /// Parses a non-negative integer with white space around it.
  private func number(_ text: Substring) -> Int? {
    guard let number = Int(text.trimmingPrefix(while: \.isWhitespace).prefix { !$0.isWhitespace }), number >= 0 else {
      return nil
    }
    return number
  }

  /// Parses lines of a name, an optional colon, and a number.
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
  // RLIM_INFINITY doesn't fit into an Int.
  ResourceLimit.addressSpace.value.flatMap { Int(exactly: $0.rlim_cur) }.flatMap { $0 == .max ? nil : $0 }
}

@Sendable private func releaseFreed() {
  #if canImport(Glibc)
    // Looked up by name because Swift's Glibc module leaves out malloc.h.
    guard let trim = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
  #endif
}
