import Testing

@testable import SeppoMPI

@Suite("The ranks that have reached a call")
struct MembersTests {
  private let second = 1_000_000_000

  private func members(_ rank: Int) -> Members { Members(rank: rank, hosts: ["a", "b", "a"]) }

  @Test("Rank 0 tracks all ranks in the order of their arrival; each call starts again")
  func root() {
    let members = members(0)
    #expect(members.here == 2 && members.host == "a" && !members.areAllPresent)
    for _ in 0..<2 {
      members.beginCall()
      #expect(members.present.isEmpty && members.missing == [1, 2] && members.hasJoined(0))
      members.join(2)
      members.join(2)
      #expect(members.present == [2] && members.missing == [1] && members.hasJoined(2))
      members.join(1)
      #expect(members.present == [2, 1] && members.areAllPresent)
    }
  }

  @Test("The ranks of a host are numbered in their order")
  func localRanks() {
    let hosts = ["a", "b", "a", "c", "b", "a"]
    let all = hosts.indices.map { Members(rank: $0, hosts: hosts) }
    #expect(all.map(\.localRank) == [0, 0, 1, 0, 1, 2] && all.map(\.here) == [3, 2, 3, 1, 2, 3])
  }

  @Test("The other ranks track rank 0")
  func others() {
    let members = members(2)
    members.beginCall()
    #expect(members.missing == [0] && members.hasJoined(2))
    members.join(0)
    #expect(members.missing.isEmpty && members.areAllPresent && members.present == [0])
  }

  @Test("A single rank waits for no other")
  func alone() {
    let members = Members(rank: 0, hosts: ["a"])
    members.beginCall()
    #expect(members.areAllPresent && members.missing.isEmpty)
  }

  @Test("Missing ranks are reported once per limit")
  func warnings() {
    let members = members(0)
    let call = CallGate.Call(number: 3, name: "atRoot", place: Place(fileID: "M/a.swift", line: 7, column: 1))
    var missing = MissingRanks(limit: 10 * second)
    missing.beginCall(at: 0)
    members.join(1)
    #expect(missing.line(at: 9 * second, members, rootMayBeAway: false, in: call) == nil)
    #expect(
      missing.line(at: 10 * second, members, rootMayBeAway: false, in: call)
        == "Seppo: rank 0 (a) has waited for 10 s in call 3, atRoot at M/a.swift:7, for rank 2 (a), which has not joined it"
    )
    #expect(missing.line(at: 19 * second, members, rootMayBeAway: false, in: call) == nil)
    #expect(missing.line(at: 20 * second, members, rootMayBeAway: false, in: call) != nil)
    members.join(2)
    #expect(missing.line(at: 30 * second, members, rootMayBeAway: false, in: call) == nil)
  }

  @Test("Of the ranks that wait for rank 0, the first reports it, once, unless rank 0 may be outside of calls")
  func warningsOfOthers() {
    for (rank, isAway, says) in [(1, false, true), (1, true, false), (2, false, false)] {
      var missing = MissingRanks(limit: second)
      missing.beginCall(at: 0)
      let lines = [1, 2, 3].map {
        missing.line(at: $0 * second, members(rank), rootMayBeAway: isAway, in: CallGate.Call()) != nil
      }
      #expect(lines == [says, false, false])
    }
  }

  @Test("The call context is the same after an await and in tasks, and ends with the body")
  func context() async {
    #expect(CallContext.current == .everyRank)
    await CallContext.$entered.withValue(.item) {
      await Task.yield()
      #expect(CallContext.current == .item)
      #expect(await Task { CallContext.current }.value == .item)
      #expect(CallContext.enter(.atRoot) { CallContext.current } == .atRoot)
      #expect(CallContext.current == .item)
    }
    #expect(CallContext.current == .everyRank)
  }
}
