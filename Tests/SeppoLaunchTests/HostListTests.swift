import Testing

@testable import SeppoLaunch

@Suite("Hosts")
struct HostListTests {
  @Test("A list has slots for each host, which add up")
  func list() {
    let list = HostList(list: "a:4,b,b,c:3")
    #expect(list.hosts == [.init("a", 4), .init("b", 2), .init("c", 3)] && list.slots == 9)
    #expect(list.without(["b"]).text == "a:4,c:3" && list.without(["a", "b", "c"]).hosts.isEmpty)
    #expect(HostList(list: "a:x,b:2").slots == nil)
  }

  @Test("A file has lines of a host and its slots, or a line for each slot")
  func file() {
    let file = HostList(file: "# ours\na slots=4\nb  max_slots=9 slots = 2 # old\n\nc\n")
    #expect(file.hosts == [.init("a", 4), .init("b", 2), .init("c", nil)] && file.slots == nil)
    #expect(file.without(["a"]).text == "# ours\nb  max_slots=9 slots = 2 # old\n\nc\n")
    #expect(HostList(file: "a\na\na\nb\nb\n").slots == 5)
  }

  @Test(
    "Names of this machine",
    arguments: [
      ("vm", true), ("vm.example.org", true), ("localhost", true), ("127.0.0.1", true), ("::1", true), ("+n0", true),
      ("vm2", false),
      ("other", false),
    ])
  func own(_ name: String, _ isOwn: Bool) {
    #expect(OwnName("vm").includes(name) == isOwn && OwnName("vm.example.org").includes(name) == isOwn)
  }

  @Test("What is wrong with a host is a sentence about it")
  func problems() {
    let question = HostQuestion(program: "/x/it's", folder: "/my home")
    #expect(question.command == #"cd '/my home' || exit 91; [ -x '/x/it'\''s' ] || exit 92"#)
    func problem(_ status: Int?, _ errors: String = "") -> String? {
      question.problem(of: "b", agent: "ssh", status: status, errors: errors)
    }
    #expect(problem(0) == nil)
    #expect(problem(91)?.hasPrefix("b has no folder /my home, in which this command was typed") == true)
    #expect(problem(92)?.hasPrefix("b has no program /x/it's: it must be at the same path on all hosts") == true)
    #expect(
      problem(255, "debug\nb: Permission denied (publickey).\n")?.contains("ssh b: b: Permission denied (publickey)..")
        == true)
    #expect(
      problem(7)?.contains("ssh b: it ended with status 7.") == true
        && problem(nil)?.contains("took more than 15 s") == true)
  }

  @Test("The agent is the one that mpirun uses")
  func agent() {
    #expect(HostQuestion.agent { _ in nil } == ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"])
    for name in ["OMPI_MCA_plm_rsh_agent", "PRTE_MCA_plm_ssh_agent", "HYDRA_LAUNCHER_EXEC"] {
      #expect(HostQuestion.agent { $0 == name ? "agent -x : rsh" : nil } == ["agent", "-x"])
    }
  }

  @Test(
    "Slurm's states: lost is a node that is gone, or doesn't answer",
    arguments: [
      ("down", true), ("down*", true), ("drained", true), ("drained*", true), ("draining*", true), ("allocated*", true),
      ("fail", true),
      ("draining", false), ("failing", false), ("idle", false), ("mixed#", false),
    ])
  func states(_ state: String, _ isLost: Bool) {
    #expect(NodeStates.lost(in: "n1 \(state)\nn1 \(state)\nn2 mixed\n", own: OwnName("vm")) == (isLost ? ["n1"] : []))
    #expect(NodeStates.lost(in: "n1.x \(state)\n", own: OwnName("n1")).isEmpty)
  }
}
