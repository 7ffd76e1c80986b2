// Shows Command, which runs a program inside an item. It is GNU parallel for MPI: all ranks run command lines, one for each
// argument. It reads arguments as they are needed (a lazy sequence), and prints the outputs as they come (forEachResult).
//
//   ./mpi-run.sh -n 4 Commands 'gzip -k {}; echo {.} is done' ::: *.txt
//   ls *.pdb | ./mpi-run.sh -n 64 Commands --joblog jobs.log 'dock --ligand {} > {.}.out'

import ArgumentParser
import CommandLineTool
import Foundation
import SeppoMPI

@main
struct Commands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Commands", abstract: "Runs a command line for each argument, on all ranks.",
    usage: "Commands [options] [command line] [::: arguments ...] ...",
    discussion: """
      In the command line, {} is the argument, {.} without its extension, {/} its name without the folder, {//} its folder, {/.} its \
      name without extension, {#} the number of the job, and {1}, {2.} and so on those of the first, second, … list after :::. Without \
      any, the argument is appended. Without a command line, each argument is one. Without :::, the arguments are the lines of \
      standard input.

      The output of each job comes as a whole, when the job has ended. The exit status is the number of jobs that have failed, and \
      101 if there are more than 100.
      """)

  @Option(name: .customShort("a"), help: .init("Read arguments from a file, one a line.", valueName: "file"))
  var file: String?

  @Flag(name: [.customShort("k"), .long], help: "Print outputs in the order of the arguments.")
  var keepOrder = false

  @Option(help: .init("Kill a job that takes longer.", valueName: "seconds"))
  var timeout: Double?

  @Option(help: .init("Run a job that fails up to this often.", valueName: "n"))
  var retries = 1

  @Option(
    help: .init(
      "Start no more jobs after some have failed, as now,fail=1 or soon,fail=3; now kills those that run.",
      valueName: "when"))
  var halt = "never"

  @Option(help: .init("Write a line for each job that has ended.", valueName: "file"))
  var joblog: String?

  @Flag(help: "Skip the jobs that are in the job log.")
  var resume = false

  @Flag(help: "Skip the jobs that are in the job log with success.")
  var resumeFailed = false

  @Option(help: .init("Store outputs as files in this folder.", valueName: "folder"))
  var results: String?

  @Flag(help: "Only print the command lines.")
  var dryRun = false

  @Argument(help: .init("The command line, and arguments after :::.", valueName: "words"))
  var words: [String] = []

  static func main() { runOnEveryRank(withTerminator(Array(CommandLine.arguments.dropFirst()))) }

  /// The options that are followed by a value.
  private static let optionsWithValue: Set = ["-a", "--timeout", "--retries", "--halt", "--joblog", "--results"]

  /// Returns the arguments with a `--` before the command line, in which words that begin with `-` are the command's.
  private static func withTerminator(_ arguments: [String]) -> [String] {
    var place = 0
    while place < arguments.count, arguments[place].hasPrefix("-"), arguments[place] != "--" {
      place += optionsWithValue.contains(arguments[place]) ? 2 : 1
    }
    if place >= arguments.count || arguments[place] == "--" { return arguments }
    return arguments[..<place] + ["--"] + arguments[place...]
  }

  func validate() throws {
    if Halt(halt) == nil {
      throw ValidationError(
        "--halt \(halt): use never, now,fail=1 or soon,fail=1, with any number; fail, success or done")
    }
    if let timeout, !(timeout > 0 && timeout < 1e9) {
      throw ValidationError("--timeout \(timeout): must be a number of seconds above 0")
    }
    if retries < 1 { throw ValidationError("--retries \(retries): must be 1 or more") }
    if resume || resumeFailed, joblog == nil {
      throw ValidationError("\(resume ? "--resume" : "--resume-failed") needs the log of the jobs: --joblog FILE")
    }
    if words.contains(":::"), file != nil { throw ValidationError("-a and ::: are given: use one of them") }
    if let place = Template.unsupported(in: words.prefix { $0 != ":::" }.joined(separator: " ")) {
      throw ValidationError("\(place) in the command line: this program doesn't have it")
    }
    let highest = template.highestSource
    if highest > arguments.sources {
      throw ValidationError("{\(highest)} in the command line: there are arguments from \(arguments.sources) source(s)")
    }
  }

  /// The words before the first `:::`.
  private var template: Template { Template(words.prefix { $0 != ":::" }.joined(separator: " ")) }

  private var arguments: Arguments {
    let lists = words.split(separator: ":::", omittingEmptySubsequences: false).dropFirst().map(Array.init)
    return lists.isEmpty ? .lines(file == "-" ? nil : file) : .lists(lists)
  }

  func run() throws {
    guard let halt = Halt(halt) else { return }
    let status = try CommandsRun(self, template, arguments, halt).run()
    if status != 0 { Seppo.exit(status) }
  }
}
