import Synchronization
import Testing

@testable import SeppoProcess

@Suite("Memory limits")
struct MemoryLimitsTests {
  private static let megabyte = 1 << 20

  /// Returns the limits of a simulated machine.
  private func limits(
    _ files: [String: String] = [:], _ variables: [String: String] = [:], addressSpace: Int? = nil
  ) -> MemoryLimits {
    MemoryLimits(read: { files[$0] }, variable: { variables[$0] }, addressSpace: { addressSpace })
  }

  private func available(_ limits: MemoryLimits, of limit: String) -> Int? {
    limits.availabilities().first { $0.limit.contains(limit) }?.bytes
  }

  private var page: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

  @Test("If no limit is known, there is no shortage")
  func nothing() {
    #expect(limits().availabilities().isEmpty)
    #expect(limits().shortage(own: .max, shared: .max) == nil)
    #expect(limits(addressSpace: 1).availabilities().isEmpty, "without /proc the used address space isn't known")
  }

  @Test("RLIMIT_AS limits the address space of this process, and isn't shared")
  func addressSpace() {
    let limits = limits(["/proc/self/statm": "1000 300 200 5 0 123 0\n"], addressSpace: 5000 * page)
    #expect(
      limits.availabilities() == [AvailableMemory(bytes: 4000 * page, limit: "RLIMIT_AS (ulimit -v)", isShared: false)])
    #expect(limits.resident == 300 * page)
    #expect(self.limits(["/proc/self/statm": "1000 300"], addressSpace: 10).availabilities().first?.bytes == 0)
  }

  @Test("A machine has its available memory, and swap")
  func machine() {
    let text = "MemTotal:       24684092 kB\nMemAvailable:   1000 kB\nSwapFree:     24 kB\nHugePages_Free:    0\n"
    #expect(available(limits(["/proc/meminfo": text]), of: "machine") == 1024 << 10)
    #expect(available(limits(["/proc/meminfo": "MemTotal: 5 kB\n"]), of: "machine") == nil, "a kernel before 3.14")
  }

  @Test(
    "Slurm's limit is that of the node, or that of a core times the cores",
    arguments: [
      (["SLURM_MEM_PER_NODE": "100"], 90), (["SLURM_MEM_PER_CPU": "50", "SLURM_CPUS_ON_NODE": "4"], 190),
      (["SLURM_MEM_PER_CPU": "50"], nil), (["SLURM_MEM_PER_NODE": "0"], nil), (["SLURM_MEM_PER_NODE": "all"], nil),
    ] as [([String: String], Int?)])
  func slurm(_ variables: [String: String], _ megabytes: Int?) {
    let resident = 10 * MemoryLimitsTests.megabyte / page
    let limits = limits(["/proc/self/statm": "99999 \(resident) 1"], variables)
    #expect(available(limits, of: "Slurm") == megabytes.map { $0 * MemoryLimitsTests.megabyte })
  }

  private static let unified = [
    "/proc/self/cgroup": "0::/job/step\n",
    "/sys/fs/cgroup/job/memory.max": "1000\n", "/sys/fs/cgroup/job/memory.current": "800\n",
    "/sys/fs/cgroup/job/memory.stat": "anon 500\ninactive_file 100\nactive_file 20\nslab_reclaimable 5\n",
    "/sys/fs/cgroup/job/step/memory.max": "max\n", "/sys/fs/cgroup/job/step/memory.current": "700\n",
  ]

  @Test("A version 2 group has the rest of its limit and the file caches; the tightest level counts")
  func unified() {
    var files = MemoryLimitsTests.unified
    #expect(available(limits(files), of: "cgroup") == 325)
    files["/sys/fs/cgroup/job/step/memory.max"] = "900\n"
    #expect(available(limits(files), of: "cgroup") == 200)
    files["/sys/fs/cgroup/job/step/memory.stat"] = "inactive_file 600\n"
    #expect(available(limits(files), of: "cgroup") == 325)
    files["/sys/fs/cgroup/memory.max"] = "100"
    files["/sys/fs/cgroup/memory.current"] = "100"
    #expect(available(limits(files), of: "cgroup") == 0, "the root of a container")
  }

  @Test("Memory that a version 2 group may swap out is available")
  func unifiedSwap() {
    var files = MemoryLimitsTests.unified
    files["/proc/meminfo"] = "SwapFree: 1 kB"
    #expect(available(limits(files), of: "cgroup") == 325 + 1024)
    files["/sys/fs/cgroup/job/memory.swap.max"] = "60"
    files["/sys/fs/cgroup/job/memory.swap.current"] = "10"
    #expect(available(limits(files), of: "cgroup") == 325 + 50)
    files["/sys/fs/cgroup/job/memory.swap.max"] = "0"
    #expect(available(limits(files), of: "cgroup") == 325)
  }

  @Test("If version 1 is mounted too, version 2 has a folder of its own")
  func unifiedBeside() {
    let files = [
      "/proc/self/cgroup": "4:cpu:/\n0::/a:b\n", "/sys/fs/cgroup/unified/a:b/memory.max": "100",
      "/sys/fs/cgroup/unified/a:b/memory.current": "90",
    ]
    #expect(available(limits(files), of: "cgroup") == 10)
  }

  private static let old = [
    "/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/docker/abc\n3:cpuset:/\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2000\n", "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1500\n",
    "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 100\ntotal_active_file 10\n",
  ]

  @Test(
    "A version 1 group has a limit too; in a container the group is mounted at the root, and its path doesn't exist")
  func old() {
    var files = MemoryLimitsTests.old
    #expect(available(limits(files), of: "cgroup") == 610)
    files["/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"] = "400"
    files["/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes"] = "100"
    #expect(available(limits(files), of: "cgroup") == 300)
    files["/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"] = "9223372036854771712"
    #expect(available(limits(files), of: "cgroup") == 610, "no limit")
    files["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "9223372036854771712"
    #expect(available(limits(files), of: "cgroup") == nil)
  }

  @Test("Version 1 has another limit for memory and swap together")
  func oldSwap() {
    var files = MemoryLimitsTests.old
    files["/proc/meminfo"] = "SwapFree: 1 kB"
    #expect(available(limits(files), of: "cgroup") == 610 + 1024)
    files["/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"] = "2000"
    files["/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes"] = "1600"
    #expect(available(limits(files), of: "cgroup") == 510)
  }

  @Test("A path outside of the container is its root")
  func outside() {
    let files = [
      "/proc/self/cgroup": "0::/../../job", "/sys/fs/cgroup/memory.max": "100", "/sys/fs/cgroup/memory.current": "90",
    ]
    #expect(available(limits(files), of: "cgroup") == 10)
  }

  @Test(
    "Garbage is no limit",
    arguments: [
      "", "\n", "garbage", "-5", "99999999999999999999999", "1e9", "0x10", "::", "0:", "0::", ":::::", "\u{0}",
    ])
  func garbage(_ text: String) {
    for name in MemoryLimitsTests.unified.keys where name.hasSuffix("max") || name.hasSuffix("current") {
      var files = MemoryLimitsTests.unified
      files[name] = text
      files["/proc/self/statm"] = text
      files["/proc/meminfo"] = text
      #expect(available(limits(files, ["SLURM_MEM_PER_NODE": text]), of: "machine") == nil)
      #expect(available(limits(files, ["SLURM_MEM_PER_NODE": text]), of: "Slurm") == nil)
      #expect(limits(files, addressSpace: 1 << 40).availabilities().count <= 1)
    }
    #expect(available(limits(["/proc/self/cgroup": text]), of: "cgroup") == nil)
  }

  @Test("The largest numbers don't overflow")
  func largest() {
    let most = "\(Int.max)"
    var files = MemoryLimitsTests.unified
    files["/sys/fs/cgroup/job/memory.max"] = most
    files["/sys/fs/cgroup/job/memory.stat"] = "inactive_file \(most)\nactive_file \(most)\n"
    files["/proc/meminfo"] = "MemAvailable: \(most) kB\nSwapFree: \(most) kB\n"
    files["/proc/self/statm"] = "\(most) \(most)"
    let availabilities = limits(files, ["SLURM_MEM_PER_NODE": most], addressSpace: .max).availabilities()
    #expect(availabilities.count == 4)
    files["/sys/fs/cgroup/job/memory.max"] = "0"
    files["/sys/fs/cgroup/job/memory.current"] = most
    files["/sys/fs/cgroup/job/memory.stat"] = nil
    files["/proc/meminfo"] = nil
    #expect(available(limits(files), of: "cgroup") == 0)
  }

  @Test("The tightest limit is reported; ranks of one machine share all limits except RLIMIT_AS")
  func tightest() throws {
    let limits = limits(
      ["/proc/self/statm": "0 0 0", "/proc/meminfo": "MemAvailable: \(1000 << 10) kB"],
      ["SLURM_MEM_PER_NODE": "900"], addressSpace: 500 << 20)
    #expect(limits.shortage(own: 400 << 20, shared: 800 << 20) == nil)
    let own = try #require(limits.shortage(own: 480 << 20, shared: 800 << 20, ranks: 2))
    #expect(own == MemoryShortage(needed: 480 << 20, available: 468 << 20, limit: "RLIMIT_AS (ulimit -v)", ranks: 1))
    let shared = try #require(limits.shortage(own: 400 << 20, shared: 1200 << 20, ranks: 3))
    #expect(shared == MemoryShortage(needed: 1200 << 20, available: 868 << 20, limit: "Slurm's --mem", ranks: 3))
    #expect(limits.shortage(own: .max, shared: .max)?.limit == "RLIMIT_AS (ulimit -v)")
  }

  @Test("Unused memory is released before a shortage is reported")
  func releasesUnused() {
    let isTrimmed = Atomic(false)
    let limits = MemoryLimits(
      read: { path in
        let megabytes = isTrimmed.load(ordering: .relaxed) ? 500 : 300
        return path == "/proc/meminfo" ? "MemAvailable: \(megabytes << 10) kB" : nil
      }, variable: { _ in nil }, addressSpace: { nil }, releaseUnused: { isTrimmed.store(true, ordering: .relaxed) })
    #expect(limits.shortage(own: 200 << 20, shared: 0) == nil)
    let isTrimmedForLittle = isTrimmed.load(ordering: .relaxed)
    #expect(!isTrimmedForLittle)
    #expect(limits.shortage(own: 0, shared: 400 << 20) == nil)
    let isTrimmedAtLast = isTrimmed.load(ordering: .relaxed)
    #expect(isTrimmedAtLast)
    #expect(limits.shortage(own: 0, shared: 500 << 20)?.available == 468 << 20)
  }

  @Test("Small amounts aren't checked")
  func little() {
    let limits = MemoryLimits(
      read: { path in
        Issue.record("\(path) was read")
        return nil
      }, variable: { _ in nil }, addressSpace: { nil })
    #expect(limits.shortage(own: AvailableMemory.leastChecked - 1, shared: 0) == nil)
  }

  #if os(Linux)
    @Test("The memory of this machine and of this process is found")
    func own() throws {
      let limits = MemoryLimits()
      #expect(try #require(available(limits, of: "machine")) > 1 << 20)
      #expect(try #require(limits.resident) > 1 << 20)
      #expect(limits.shortage(own: .max, shared: .max) != nil)
    }
  #endif
}
