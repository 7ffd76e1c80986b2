import Foundation
import Synchronization
import TestSupport
import Testing

extension SPMDTests {
  /// Ranks on several hosts in a network, which Tests/Networks/hosts.sh simulates on one machine.
  @Suite(
    "Networks", .enabled("needs root, ip (of iproute2), python3 and /dev/net/tun") { await Hosts.areAvailable() })
  struct NetworkTests {
    @Test("Every rank has the name of its host", arguments: SPMDTests.thorough([2, 3], byHand: [3]))
    func hostNames(on hosts: Int) async throws {
      try await Hosts.with(hosts) { hosts in
        let job = try await hosts.run("Network", ["hosts"], slots: 2)
        #expect(job.status == 0, "\(job.report)")
        let wanted = hosts.names(slots: 2).enumerated().map { "rank \($0) on \($1)" }
        #expect(job.output.split(separator: "\n").map(String.init).sorted() == wanted, "\(job.report)")
        let hello = try await hosts.run("HelloWorld")
        #expect(hello.status == 0, "\(hello.report)")
        let lines = hello.output.split(separator: "\n")
        #expect(lines.count == 5 && lines.allSatisfy { $0.hasPrefix("hello world from seppo-") }, "\(hello.report)")
      }
    }

    @Test("The laws hold across hosts")
    func laws() async throws {
      try await Hosts.with(3) { hosts in try await hosts.expectLaws() }
    }

    @Test("Laws hold over a network with a delay of 50 ms and 2 % packet loss", arguments: lawsInTime)
    func lawsDelayed(_ law: String) async throws {
      // Not all laws: five hundred maps in a row, at a quarter of a second each, would take minutes.
      try await Hosts.with(3, wire: badWire) { hosts in try await hosts.expectLaws(named: law) }
    }

    @Test(
      "The efficiency of items of 50 and 100 ms is printed, over a network with a delay of 50 ms and 2 % packet loss")
    func efficiency() async throws {
      try await Hosts.with(3, wire: badWire) { hosts in
        for milliseconds in ["50", "100"] {
          let job = try await hosts.run("Network", ["efficiency", milliseconds, "100"], load: .sleeps)
          #expect(job.status == 0, "\(job.report)")
          print("50 ms each way, 2 % loss: \(job.output)", terminator: "")
        }
      }
    }

    @Test(
      "A host that is cut off during a map is reported within 60 s, with its ranks",
      arguments: SPMDTests.thorough([2, 3], byHand: [3]))
    func cutOff(_ hosts: Int) async throws {
      try await cutOff(hosts, heartbeatTimeout: "15")
    }

    @Test("A host that is cut off is reported with the default heartbeat timeout")
    func cutOffByDefault() async throws { try await cutOff(2, heartbeatTimeout: "") }

    private func cutOff(_ hosts: Int, heartbeatTimeout: String) async throws {
      try await Hosts.with(hosts) { hosts in
        let job = try await hosts.run(
          "Network", ["cut", "seppo-b", Hosts.script, "cut", "seppo-b"], slots: 2,
          environment: ["SEPPO_SILENCE_S": heartbeatTimeout], limit: 60, load: .sleeps)
        #expect(!job.hasTimedOut, "\(job.report)")
        #expect(job.status != 0, "\(job.report)")
        #expect(job.messages.count == 1, "\(job.report)")
        let message = job.messages.first ?? ""
        #expect(message.contains(": rank 2 (seppo-b), rank 3 (seppo-b) have not answered for "), "\(job.report)")
      }
    }

    private let badWire = ["50", "2"]

    static let lawsInTime = [
      "order under", "lowest index", "broadcast", "rank, size", "long arrays", "behind a long item",
    ]
  }
}

/// Simulated hosts seppo-a, seppo-b, …, which exist during one test.
struct Hosts {
  static let script = Checkout.root.appendingPathComponent("Tests/Networks/hosts.sh").path
  private static let agent = Checkout.root.appendingPathComponent("Tests/Networks/agent.sh").path
  private static let created = Atomic(0)

  let count: Int
  /// The environment variable that distinguishes these hosts from those of other tests.
  private let owner: [String: String]

  private init(_ count: Int) {
    self.count = count
    owner = ["SEPPO_HOSTS": "\(getpid()).\(Hosts.created.add(1, ordering: .relaxed).newValue)"]
  }

  /// Creates hosts, runs the body, and removes them.
  ///
  /// - Parameter wire: The delay in milliseconds and the packet loss in percent; empty for a good network.
  static func with(_ count: Int, wire: [String] = [], _ body: (Hosts) async throws -> Void) async throws {
    let hosts = Hosts(count)
    let up = try await Mpirun.start(script, ["up", "\(count)"] + wire, hosts.owner, 120, load: .sleeps)
    try #require(up.status == 0, "\(up.report)")
    let result: Result<Void, any Error>
    do { result = .success(try await body(hosts)) } catch { result = .failure(error) }
    let down = try await Mpirun.start(script, ["down"], hosts.owner, 120, load: .sleeps)
    #expect(down.status == 0, "\(down.report)")
    try result.get()
  }

  /// Returns whether this machine can simulate hosts. With `CI=true` it must, and the tests fail otherwise.
  static func areAvailable() async -> Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    let owner = Hosts(1).owner
    let up = try? await Mpirun.start(script, ["up", "1", "0", "0"], owner, 30)
    let down = try? await Mpirun.start(script, ["down"], owner, 30)
    return up?.status == 0 && down?.status == 0
  }

  /// Returns the host of each rank.
  func names(slots: Int) -> [String] {
    "abcdefgh".prefix(count).flatMap { letter in Array(repeating: "seppo-\(letter)", count: slots) }
  }

  /// Runs a program on all hosts.
  ///
  /// - Parameter slots: The number of ranks per host.
  func run(
    _ program: String, _ arguments: [String] = [], slots: Int = 1, environment: [String: String] = [:],
    limit: Double = 120, load: Load = .waits
  ) async throws -> JobResult {
    // For Open MPI 4.1, 5.0, and Hydra.
    var variables = [
      "OMPI_MCA_plm_rsh_agent": Self.agent, "PRTE_MCA_plm_ssh_agent": Self.agent, "HYDRA_LAUNCHER": "rsh",
      "HYDRA_LAUNCHER_EXEC": Self.agent,
    ]
    variables.merge(owner) { $1 }
    variables.merge(environment) { $1 }
    let places = names(slots: 1).map { "\($0):\(slots)" }.joined(separator: ",")
    let launch =
      Mpirun.isHydra
      ? [Mpirun.launcher, "-bind-to", "none", "-hosts", places, "-n", "\(count * slots)"]
      : [Mpirun.launcher, "--bind-to", "none", "--host", places] + environment.keys.flatMap { ["-x", $0] }
    let executable = Mpirun.products.appendingPathComponent(program).path
    let command = ["on", "seppo-a"] + launch + [executable] + arguments
    return try await Mpirun.start(Self.script, command, variables, limit, ranks: count * slots, load: load)
  }

  func expectLaws(named part: String? = nil) async throws {
    let environment = ["LAWS_HOSTS": names(slots: 1).joined(separator: ",")]
    let job = try await run(
      "Laws", part.map { [$0] } ?? [], environment: environment, limit: 300, load: part == nil ? .computes : .sleeps)
    #expect(job.status == 0, "\(job.report)")
    #expect(job.output.hasSuffix(" laws held on \(count) ranks\n"), "\(job.report)")
    #expect(job.messagesExceptLossWarnings.isEmpty, "\(job.report)")
  }
}
