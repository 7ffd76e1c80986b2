import Foundation
import SeppoProcess
import Testing

@Suite("Programs of items")
struct ProgramTests {
  @Test("A program's environment has what the user has set, not what launchers have")
  func environment() {
    let own = [
      "PATH=/bin", "HOME=/x", "OMPI_COMM_WORLD_RANK=1", "OMPI_MCA_ess=env", "OMPI_MCA_pml=ob1", "PMIX_RANK=1",
      "PRTE_LAUNCHED=1", "PMI_SIZE=2", "SEPPO_THREADS=4", "SLURM_PROCID=1", "SLURM_JOB_ID=7", "SLURM_STEP_ID=0",
      "OMPI_ALLOW_RUN_AS_ROOT=1", "ITEM_OF_SEPPO=1-2-", "A=1", "B=x=y",
    ]
    #expect(
      ProgramEnvironment.make(from: own, changes: ["A": nil, "HOME": "/y", "SEPPO_LOG": "debug"]) == [
        "PATH=/bin", "OMPI_MCA_pml=ob1", "SLURM_JOB_ID=7", "OMPI_ALLOW_RUN_AS_ROOT=1", "B=x=y", "HOME=/y",
        "SEPPO_LOG=debug",
      ])
  }

  @Test("A program is found as a shell finds it")
  func search() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try ProgramFolder.create("\(folder)/a/b")
    // A second time.
    try ProgramFolder.create("\(folder)/a/b/")
    try FileManager.default.createDirectory(atPath: "\(folder)/tool", withIntermediateDirectories: true)
    for name in ["a/tool", "a/b/tool"] {
      try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    #expect(chmod("\(folder)/a/b/tool", 0o755) == 0)
    // The first is a folder, and the second may not be executed.
    let folders = "/none:\(folder):\(folder)/a:\(folder)/a/b"
    #expect(try ProgramSearch.path(of: "tool", in: folders) == "\(folder)/a/b/tool")
    #expect(try ProgramSearch.path(of: "\(folder)/a/b/tool", in: "") == "\(folder)/a/b/tool")
    let missing = #expect(throws: ProgramSearch.Missing.self) { try ProgramSearch.path(of: "tool2", in: folders) }
    #expect(missing?.folders == folders && missing?.reason == nil)
    let unusable = #expect(throws: ProgramSearch.Missing.self) {
      try ProgramSearch.path(of: "tool", in: "\(folder)/a")
    }
    #expect(unusable?.reason?.contains("\(folder)/a/tool") == true)
    #expect(throws: ProgramSearch.Missing.self) { try ProgramSearch.path(of: "", in: folders) }
    #expect(throws: FileRefusal.self) { try ProgramFolder.create("\(folder)/a/tool/c") }
  }

  @Test(
    "Libraries in items share the cores of the rank's host",
    arguments: [
      (8, 8, 2, 1, nil, 4), (8, 8, 2, 3, nil, 1), (8, 8, 3, 1, nil, 2), (2, 2, 64, 1, nil, 1), (8, 8, 2, 4, 5, 5),
      // Bound to cores of its own, and to a socket together with others.
      (4, 16, 4, 1, nil, 4), (16, 32, 16, 1, nil, 2), (16, 32, 1, 1, nil, 16),
    ])
  func threads(own: Int, all: Int, ranks: Int, threads: Int, chosen: Int?, expected: Int) {
    let share = ThreadsPerItem(unset: ["A_THREADS", "B_THREADS"], chosen: chosen, cores: (own, all), ranks: ranks)
    #expect(share.count(threads: threads) == expected)
    #expect(share.variables(threads: threads) == ["A_THREADS": "\(expected)", "B_THREADS": "\(expected)"])
  }
}
