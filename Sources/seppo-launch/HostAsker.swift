import Foundation
import SeppoLaunch

/// Asks hosts, all at the same time.
struct HostAsker {
  let agent: [String]
  let own: OwnName
  /// For their answers.
  let folder: String

  /// The time in which a host must answer, in seconds.
  private static let patience = 15.0

  struct Answer {
    let host: String
    /// Nil if there was none in time.
    let status: Int?
    let errors: String
  }

  /// This machine needs no answer.
  ///
  /// - Parameters:
  ///   - hosts: their names, each once.
  ///   - command: what they have to run.
  func ask(_ hosts: [String], _ command: String) throws -> [Answer] {
    let asked = hosts.filter { !own.includes($0) }
    let children = try asked.enumerated().map { number, host in
      try Child.start(
        agent + [host, command], input: "/dev/null", output: "/dev/null", errors: "\(folder)/answer.\(number)",
        ownGroup: true)
    }
    var statuses = [Int?](repeating: nil, count: asked.count)
    let last = Date().addingTimeInterval(HostAsker.patience)
    while Date() < last, statuses.contains(where: { $0 == nil }) {
      for index in asked.indices where statuses[index] == nil { statuses[index] = children[index].status() }
      usleep(20_000)
    }
    for (child, status) in zip(children, statuses) where status == nil {
      kill(-child.id, SIGKILL)
      _ = child.wait()
    }
    return zip(asked, statuses).enumerated().map { number, answer in
      Answer(host: answer.0, status: answer.1, errors: LaunchSettings.read("\(folder)/answer.\(number)") ?? "")
    }
  }
}

extension OwnName {
  static var this: OwnName {
    var system = utsname()
    uname(&system)
    return OwnName(withUnsafeBytes(of: &system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }
}
