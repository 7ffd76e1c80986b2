import Testing

@testable import SeppoLaunch

@Suite("The cores that a job may use")
struct CoresTests {
  private func cores(_ files: [String: String], online: Int = 8) -> Cores { Cores(online: online) { files[$0] } }
  private static let allowed = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\n"

  @Test("The process's own hardware threads count, and those of the same core are one slot")
  func threads() {
    var files = ["/proc/self/status": CoresTests.allowed]
    #expect(cores(files) == Cores(threads: 5, physical: 5))
    for (thread, siblings) in [(0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3"), (6, "6")] {
      files["/sys/devices/system/cpu/cpu\(thread)/topology/thread_siblings_list"] = siblings
    }
    #expect(cores(files) == Cores(threads: 5, physical: 3))
    #expect(cores([:]) == Cores(threads: 8, physical: 8))
  }

  @Test(
    "A control group's quota counts, whichever the version, and that of a group above it",
    arguments: [
      ("0::/a/b\n", ["/sys/fs/cgroup/a/b/cpu.max": "200000 100000\n"], 2.0),
      ("0::/a/b\n", ["/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000"], 1.5),
      ("0::/\n", ["/sys/fs/cgroup/cpu.max": "50000 100000"], 0.5),
      ("0::/../x\n", ["/sys/fs/cgroup/cpu.max": "300000 100000"], 3),
      (
        "4:memory:/m\n3:cpu,cpuacct:/c\n",
        ["/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "400000\n", "/sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n"], 4
      ),
      (
        "3:cpu,cpuacct:/c\n",
        ["/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n"], nil
      ),
      ("3:cpuset:/c\n", ["/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "100000"], nil), ("", [:], nil),
    ] as [(String, [String: String], Double?)])
  func quota(_ groups: String, _ files: [String: String], _ quota: Double?) {
    let cores = cores(files.merging(["/proc/self/cgroup": groups]) { $1 })
    #expect(cores.quota == quota && cores.count == (quota.map { max(1, Int($0)) } ?? 8))
  }

  @Test("A quota beyond the hardware threads changes nothing")
  func largeQuota() { #expect(Cores(threads: 4, physical: 2, quota: 9).count == 4) }
}
