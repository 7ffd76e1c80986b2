import Testing

@testable import SeppoLaunch

@Suite("How a program is launched")
struct LaunchPlanTests {
  private static let files = [
    "my hosts": "a slots=40\n", "/nodes": "a\na\na\nb\nb\nb\n", "/pbs": "a\na\nb\nb\n", "/lsf": "a\na\nb\n",
  ]

  /// Returns the words of mpirun and the messages.
  private func plan(
    _ words: [String], _ variables: [String: String] = [:], cores: Cores = Cores(threads: 4, physical: 4),
    mpi: MPILauncher = .openMPI(major: 4), isRoot: Bool = false, terminal: String? = nil
  ) throws -> (plan: LaunchPlan, words: String) {
    let options = try OptionParser.parse(words + ["P"])
    func read(_ path: String) -> String? { LaunchPlanTests.files[path] }
    let machine = LaunchMachine(
      cores: cores, mpi: mpi, isRoot: isRoot, batch: BatchJob(variable: { variables[$0] }, read: read),
      variables: variables,
      terminal: terminal)
    let plan = try LaunchPlan(options, on: machine, read: read)
    let signals = " --mca odls_base_signal_direct_children_only 1"
    return (plan, mpi.words(for: plan).joined(separator: " ").replacing(signals, with: ""))
  }

  @Test(
    "The words of mpirun, on this machine",
    arguments: [
      ([], "-n 4 --bind-to none"), (["-n", "2"], "-n 2 --bind-to none"),
      (["-n", "5"], "--oversubscribe -n 5 --bind-to none"),
      (["--threads", "2"], "-n 2 -x SEPPO_THREADS=2 --bind-to none"),
      (["--threads", "1"], "-n 4 -x SEPPO_THREADS=1 --bind-to none"),
      (["--threads", "3"], "-n 1 -x SEPPO_THREADS=3 --bind-to none"),
      (["--threads", "9"], "-n 1 -x SEPPO_THREADS=9 --bind-to none"),
      (["-n", "3", "--threads", "2"], "-n 3 -x SEPPO_THREADS=2 --bind-to none"),
      (["-n", "5", "--threads", "2"], "--oversubscribe -n 5 -x SEPPO_THREADS=2 --bind-to none"),
      (["-n", "2", "-x", "A", "-x", "B=1"], "-n 2 -x A -x B=1 --bind-to none"),
    ])
  func words(_ options: [String], _ words: String) throws { #expect(try plan(options).words == words) }

  @Test(
    "The words of mpirun, on several hosts: all their slots, unless -n says less",
    arguments: [
      (["--hosts", "a:40,b:40"], "--host a:40,b:40 --bind-to none"),
      (["--hosts", "a:40", "-n", "30"], "--host a:40 -n 30 --bind-to none"),
      (["--hostfile", "my hosts"], "--hostfile my hosts --bind-to none"),
      (["--hosts", "a:40,b:40", "--threads", "8"], "--host a:40,b:40 -x SEPPO_THREADS=8 --bind-to none"),
    ])
  func hosts(_ options: [String], _ words: String) throws {
    #expect(try plan(options, ["SLURM_JOB_ID": "1", "SLURM_NTASKS": "8"]).words == words)
  }

  @Test(
    "The words of Hydra",
    arguments: [
      (["-n", "5"], "-n 5"), (["--threads", "2", "-x", "A", "-x", "B=1=2"], "-n 2 -genv SEPPO_THREADS 2 -genv B 1=2"),
      (["--hosts", "a:4,b,b"], "-hosts a:4,b:2 -n 6"), (["--hosts", "a:4,b", "-n", "3"], "-hosts a:4,b:1 -n 3"),
      (["--hostfile", "my hosts"], "-hosts a:40 -n 40"),
    ])
  func hydra(_ options: [String], _ words: String) throws {
    let plan = try plan(options, mpi: .hydra, isRoot: true)
    #expect(plan.words == words && !plan.plan.messages.contains { $0.contains("mpirun") })
  }

  @Test("Which mpirun it is")
  func launcher() {
    #expect(MPILauncher(version: "mpirun (Open MPI) 4.1.4\n\nReport bugs") == .openMPI(major: 4))
    #expect(MPILauncher(version: "mpirun (Open MPI) 5.0.11") == .openMPI(major: 5))
    #expect(MPILauncher(version: "HYDRA build details:\n    Version: 5.0.2") == .hydra)
    #expect(MPILauncher(version: "Intel(R) MPI Library for Linux* OS, Version 2021.19") == .hydra)
    #expect(MPILauncher(version: "srun") == nil)
  }

  @Test("Open MPI 5 spells the option about signals in another way, and root needs one")
  func variants() throws {
    #expect(
      try plan(["-n", "2"], mpi: .openMPI(major: 5)).words.hasSuffix(
        "--prtemca odls_base_signal_direct_children_only 1"))
    let root = try plan(["-n", "2"], isRoot: true)
    #expect(root.words == "--allow-run-as-root -n 2 --bind-to none")
    #expect(root.plan.messages == ["running as root: passing --allow-run-as-root to mpirun"])
  }

  @Test("The user's own binding is left alone")
  func binding() throws {
    #expect(try plan(["-n", "2"], ["OMPI_MCA_hwloc_base_binding_policy": "core"]).words == "-n 2")
  }

  @Test("Ranks and threads that share cores are told in one line")
  func shares() throws {
    #expect(
      try plan(["-n", "5", "--threads", "2"]).plan.messages == [
        "5 ranks share 4 core(s): passing --oversubscribe to mpirun"
      ])
    #expect(try plan(["-n", "5"], mpi: .hydra).plan.messages == ["5 ranks share 4 core(s)"])
    #expect(try plan(["--threads", "9"]).plan.messages == ["1 rank(s) of 9 threads share 4 core(s)"])
    #expect(try plan(["-n", "2", "--threads", "2"]).plan.messages.isEmpty)
    let hyper = Cores(threads: 4, physical: 2)
    #expect(try plan(["-n", "3"], cores: hyper).words == "--oversubscribe -n 3 --bind-to none")
    #expect(try plan(["--threads", "2"], cores: hyper).plan.ranks == 2)
  }

  @Test("A container's quota limits the number of ranks, and a line says so")
  func quota() throws {
    let cores = Cores(threads: 64, physical: 64, quota: 2.5)
    let plan = try plan([], cores: cores).plan
    #expect(plan.ranks == 2)
    #expect(plan.messages == ["2 rank(s), for the 2 of 64 cores that this container's or group's CPU limit allows"])
    #expect(try self.plan(["-n", "8"], cores: cores).plan.ranks == 8)
    #expect(try self.plan(["-n", "1"], cores: cores).plan.environment.isEmpty)
    #expect(try self.plan([], cores: Cores(threads: 4, physical: 4, quota: 0.5)).plan.ranks == 1)
  }

  @Test("SEPPO_THREADS: an option has precedence, and alone it is left to the program")
  func ownThreads() throws {
    #expect(try plan(["--threads", "2"], ["SEPPO_THREADS": "3"]).words == "-n 2 -x SEPPO_THREADS=2 --bind-to none")
    #expect(try plan([], ["SEPPO_THREADS": "3"]).words == "-n 4 --bind-to none")
  }

  // MARK: Variables

  @Test("Seppo's variables reach all hosts, with the user's; but not those about this host's files")
  func variables() throws {
    let own = [
      "SEPPO_SUMMARY": "1", "SEPPO_TIMELINE": "run.html", "SEPPO_REPORT": "/tmp/r", "SEPPO_RELAUNCH": "1",
      "SEPPO_LAUNCH_MPIRUN": "x",
      "OTHER": "1",
    ]
    #expect(
      try plan(["--hosts", "a:2", "-x", "OTHER"], own).words
        == "--host a:2 -x SEPPO_SUMMARY -x SEPPO_TIMELINE -x OTHER --bind-to none")
    #expect(try plan(["-n", "2"], own).words == "-n 2 --bind-to none")
    // The user's word counts, once.
    #expect(
      try plan(["--hosts", "a:2", "-x", "SEPPO_SUMMARY"], ["SEPPO_SUMMARY": "1"]).words
        == "--host a:2 -x SEPPO_SUMMARY --bind-to none")
  }

  @Test("On a terminal, long calls show a bar")
  func terminal() throws {
    #expect(
      try plan(["-n", "2"], terminal: "100x30").words
        == "-n 2 -x SEPPO_PROGRESS=bar -x SEPPO_TERMINAL=100x30 --bind-to none")
    for kind in ["off", "log"] {
      #expect(try plan(["-n", "2"], ["SEPPO_PROGRESS": kind], terminal: "100x30").words == "-n 2 --bind-to none")
    }
    #expect(
      try plan(["-n", "2"], ["SEPPO_PROGRESS": "bar"], terminal: "9x9").plan.passed == [
        "SEPPO_PROGRESS=bar", "SEPPO_TERMINAL=9x9",
      ])
  }

  @Test(
    "Libraries inside items share the cores of one machine",
    arguments: [
      (["-n", "2"], [:], "2"), (["-n", "2", "--threads", "2"], [:], "1"), (["-n", "1"], ["SEPPO_THREADS": "2"], "2"),
      (["-n", "9"], [:], "1"), (["-n", "2"], ["SEPPO_THREADS_PER_ITEM": "3"], "3"), (["-n", "1"], [:], nil),
      (["--hosts", "a:4,b:4"], [:], nil), (["-n", "2"], ["SEPPO_THREADS": "x"], "2"),
    ] as [([String], [String: String], String?)])
  func libraries(_ options: [String], _ variables: [String: String], _ count: String?) throws {
    let plan = try plan(options, variables).plan
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"] {
      #expect(plan.environment[name] == count)
    }
    #expect(!plan.passed.contains { $0.hasPrefix("OMP") })
  }

  @Test("The user's own number of a library's threads has precedence")
  func ownLibraryThreads() throws {
    let plan = try plan(["-n", "9"], ["OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": ""]).plan
    #expect(plan.environment["OPENBLAS_NUM_THREADS"] == nil && plan.environment["OMP_NUM_THREADS"] == "1")
    #expect(
      plan.environment["SEPPO_LIBRARY_VARIABLES"]
        == "OMP_NUM_THREADS MKL_NUM_THREADS BLIS_NUM_THREADS VECLIB_MAXIMUM_THREADS NUMEXPR_NUM_THREADS")
  }

  @Test("--threads-per-item: fewer ranks, and all hosts get it")
  func threadsPerItem() throws {
    let one = try plan(["--threads-per-item", "2"])
    #expect(one.words.hasPrefix("-n 2 -x OMP_NUM_THREADS -x OPENBLAS_NUM_THREADS "))
    #expect(one.words.hasSuffix("-x NUMEXPR_NUM_THREADS -x SEPPO_THREADS_PER_ITEM=2 --bind-to none"))
    #expect(one.plan.environment["OMP_NUM_THREADS"] == "2")
    let two = try plan(["--hosts", "a:4", "--threads-per-item", "4"], ["MKL_NUM_THREADS": "7"])
    #expect(two.words.hasPrefix("--host a:4 -x OMP_NUM_THREADS ") && !two.words.contains("MKL"))
    #expect(two.words.contains("-x SEPPO_LIBRARY_VARIABLES"))
  }

  // MARK: Batch jobs

  @Test("In Slurm: its ranks and threads; mpirun finds the hosts")
  func slurm() throws {
    let job = ["SLURM_JOB_ID": "42", "SLURM_NTASKS": "12", "SLURM_NNODES": "3"]
    let wide = job.merging(["SLURM_CPUS_PER_TASK": "8"]) { $1 }
    #expect(try plan([], job).words == "-n 12 --bind-to none")
    #expect(try plan([], job).plan.messages == ["in Slurm job 42: 12 ranks on 3 node(s)"])
    #expect(try plan([], ["SLURM_JOB_ID": "42", "SLURM_NNODES": "3"]).words == "--bind-to none")
    #expect(try plan(["-n", "9"], job).words == "-n 9 --bind-to none")
    #expect(try plan([], wide).words == "-n 12 -x SEPPO_THREADS=8 --bind-to none")
    #expect(try plan([], wide).plan.messages == ["in Slurm job 42: 12 ranks of 8 thread(s) on 3 node(s)"])
    #expect(try plan(["--threads", "1"], wide).words == "-n 12 -x SEPPO_THREADS=1 --bind-to none")
    #expect(
      try plan([], wide.merging(["SEPPO_THREADS": "2"]) { $1 }).words == "-n 12 -x SEPPO_THREADS=2 --bind-to none")
    #expect(try plan(["--threads-per-item", "4"], wide).words.hasPrefix("-n 12 -x SEPPO_THREADS=2 "))
    #expect(try plan(["--threads-per-item", "16"], wide).words.hasPrefix("-n 12 -x SEPPO_THREADS=1 "))
    // Slurm's variables without a job.
    #expect(try plan([], ["SLURM_CPUS_PER_TASK": "8"]).words == "-n 4 --bind-to none")
    #expect(try plan([], ["SLURM_JOB_ID": "42"]).words == "-n 4 --bind-to none")
  }

  @Test("In PBS: the ranks and hosts of its file; cores that no rank has become threads")
  func pbs() throws {
    let job = ["PBS_JOBID": "7.server", "PBS_NODEFILE": "/nodes"]
    #expect(try plan([], job).words == "--hostfile /nodes -n 6 --bind-to none")
    #expect(try plan([], job).plan.messages == ["in PBS job 7.server: 6 ranks on 2 node(s)"])
    #expect(try plan(["-n", "2"], job).words == "--hostfile /nodes -n 2 --bind-to none")
    #expect(try plan(["--threads", "2"], job).words == "--hostfile /nodes -n 6 -x SEPPO_THREADS=2 --bind-to none")
    #expect(try plan([], ["PBS_JOBID": "7", "PBS_NODEFILE": "/none"]).words == "-n 4 --bind-to none")
    // select=2:ncpus=16:mpiprocs=2, where PBS sets the libraries' threads to all of the cores.
    let wide = ["PBS_JOBID": "7", "PBS_NODEFILE": "/pbs", "NCPUS": "16", "OMP_NUM_THREADS": "16"]
    let plan = try plan([], wide)
    #expect(plan.plan.threads == 8 && plan.plan.ranks == 4 && plan.plan.environment["OMP_NUM_THREADS"] == "1")
    #expect(plan.words.contains("-x OMP_NUM_THREADS"))
    #expect(plan.plan.messages == ["in PBS job 7: 4 ranks of 8 thread(s) on 2 node(s)"])
    #expect(try self.plan(["--threads-per-item", "4"], wide).plan.threads == 2)
    #expect(try self.plan(["--threads", "1"], wide).plan.threads == 1)
    #expect(try self.plan([], wide.merging(["NCPUS": "2"]) { $1 }).plan.threads == nil)
  }

  @Test("In LSF: the ranks and hosts of its file")
  func lsf() throws {
    let plan = try plan([], ["LSB_JOBID": "9", "LSB_DJOB_HOSTFILE": "/lsf"])
    #expect(
      plan.words == "--hostfile /lsf -n 3 --bind-to none"
        && plan.plan.messages == ["in LSF job 9: 3 ranks on 2 node(s)"])
  }

  @Test("A host file that can't be read")
  func noHostFile() {
    let misuse = #expect(throws: Misuse.self) { try plan(["--hostfile", "none"]) }
    #expect(misuse?.description.contains("the host file 'none' cannot be read; write one") == true)
  }

  @Test("mpirun doesn't take the program's arguments for its own")
  func shield() {
    #expect(ProgramWords.shielded(["/p", "one", "", "two words"]) == ["/p", "one", "", "two words"])
    for word in [":", "-x", "--bind-to"] {
      let words = ProgramWords.shielded(["/p", word, "=x", ""])
      #expect(words.prefix(2) == ["/bin/sh", "-c"] && words.suffix(4) == ["=/p", "=\(word)", "==x", "="])
    }
  }
}
