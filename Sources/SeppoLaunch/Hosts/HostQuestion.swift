/// A question to a host, by the program with which `mpirun` starts its daemons there, usually ssh.
package struct HostQuestion: Sendable, Equatable {
  /// What the host has to run.
  package let command: String
  private let program: String
  private let folder: String

  private static let noFolder = 91
  private static let noProgram = 92

  /// Asks whether it can run a program.
  package init(program: String, folder: String) {
    self.program = program
    self.folder = folder
    let (cd, test) = (HostQuestion.quoted(folder), HostQuestion.quoted(program))
    command = "cd \(cd) || exit \(HostQuestion.noFolder); [ -x \(test) ] || exit \(HostQuestion.noProgram)"
  }

  /// The words of the agent: the variables that the MPIs have for it, or ssh, which must neither ask nor wait for long.
  package static func agent(_ variable: (String) -> String?) -> [String] {
    let names = ["OMPI_MCA_plm_rsh_agent", "PRTE_MCA_plm_ssh_agent", "HYDRA_LAUNCHER_EXEC"]
    let chosen = names.lazy.compactMap(variable).first { !$0.isEmpty }
    // Open MPI tries those after a colon if there is no such program.
    return (chosen ?? "ssh -o BatchMode=yes -o ConnectTimeout=5").prefix { $0 != ":" }.split(separator: " ").map(
      String.init)
  }

  /// Returns what is wrong with a host, as a sentence; nil if nothing is.
  ///
  /// - Parameters:
  ///   - status: the agent's; nil if it didn't answer in time.
  ///   - errors: what it wrote on standard error.
  package func problem(of host: String, agent: String, status: Int?, errors: String) -> String? {
    switch status {
    case 0: return nil
    case HostQuestion.noFolder:
      return "\(host) has no folder \(folder), in which this command was typed: type it in a folder that all hosts have"
    case HostQuestion.noProgram:
      return """
        \(host) has no program \(program): it must be at the same path on all hosts, as on a shared file system; copy it there, or build \
        in a folder that all hosts have
        """
    case nil: return "\(host) doesn't answer: \(agent) \(host) took more than 15 s"
    case let status?:
      let line = errors.split(separator: "\n").last.map(String.init) ?? "it ended with status \(status)"
      return """
        \(host) can't be reached: \(agent) \(host): \(line). It must work without a question: try \(agent) \(host) true, and for ssh: \
        ssh-copy-id \(host)
        """
    }
  }

  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
}
