import Testing

@testable import SeppoLaunch

@Suite("The options of mpi-run.sh")
struct OptionParserTests {
  private func parse(_ words: String...) throws -> LaunchOptions { try OptionParser.parse(words) }

  @Test(
    "The number of ranks has all forms that mpirun and getopt have",
    arguments: [
      ["-n", "5"], ["-n5"], ["-n=5"], ["--n=5"], ["--n", "5"], ["-np", "5"], ["-np=5"], ["--np", "5"], ["-n", "005"],
    ])
  func ranks(_ words: [String]) throws {
    let options = try OptionParser.parse(words + ["HelloWorld", "-n", "7", "--debug", "--"])
    #expect(options.ranks == 5 && options.words == ["HelloWorld", "-n", "7", "--debug", "--"] && !options.isDebug)
  }

  @Test("Every option, and the program with its arguments")
  func all() throws {
    let options = try parse(
      "--threads", "2", "--threads-per-item=3", "--restarts", "4", "--hosts=a:1,b:2", "-x", "A", "-xB=1=2", "-x=C",
      "--debug", "./a",
      "-x", "", ":")
    #expect(options.threads == 2 && options.threadsPerItem == 3 && options.restarts == 4 && options.isDebug)
    #expect(options.hosts == .list("a:1,b:2") && options.variables == ["A", "B=1=2", "C"])
    #expect(options.words == ["./a", "-x", "", ":"])
    #expect(try parse("--hostfile", "my hosts", "P").hosts == .file("my hosts"))
    #expect(try parse("--", "-odd", "x").words == ["-odd", "x"])
    #expect(try parse("-n", "2", "-h").wantsHelp && parse("--help", "P").wantsHelp && !parse("P", "-h").wantsHelp)
  }

  @Test(
    "A mistake is told with an example",
    arguments: [
      (["-n"], "-n needs a value; for example:"), (["-n", "2"], "no program was named"), ([], "no program was named"),
      (["--"], "no program was named"), (["-n", "2", "-n=3", "P"], "-n is given twice"),
      (["--threads", "2", "--threads=2", "P"], "--threads is given twice"), (["-n", "P"], "not 'P'"),
      (["--verbose", "P"], "unknown option '--verbose'; the options are -n N"),
      (["--debug=1", "P"], "unknown option '--debug=1'"), (["-q", "P"], "PROGRAM -q)"),
      (["--hosts", "a", "--hostfile", "b", "P"], "one --hosts or one --hostfile"),
      (["--hostfile", "b", "--hosts", "a", "P"], "one --hosts or one --hostfile"),
      (["--hosts", "--debug", "P"], "--hosts takes names without spaces, not '--debug'"),
      (["--hosts", "a b", "P"], "not 'a b'"), (["-x", "1A", "P"], "not '1A'"), (["-x", "=", "P"], "not '='"),
      (["-x", "A-B=1", "P"], "not 'A-B=1'"),
    ])
  func mistakes(_ words: [String], _ text: String) {
    let misuse = #expect(throws: Misuse.self) { try OptionParser.parse(words) }
    #expect(
      misuse?.description.contains(text) == true && misuse!.description.split(separator: "\n").count <= 2, "\(misuse!)")
  }

  @Test(
    "A number must be one from 1 to 999999",
    arguments: ["-n", "--threads", "--threads-per-item", "--restarts"],
    ["0", "00", "x", "", "-4", "2.5", "1000000", "99999999999999999999", "٣"])
  func numbers(_ option: String, _ value: String) {
    for words in [[option, value, "P"], ["\(option)=\(value)", "P"]] {
      let misuse = #expect(throws: Misuse.self) { try OptionParser.parse(words) }
      #expect(
        misuse?.description.contains("from 1 to 999999, not '\(value)'; for example: ./mpi-run.sh \(option) 4") == true)
    }
  }

  @Test("The programs of a manifest are found in its text, and in SwiftPM's description")
  func programs() {
    let manifest = ManifestPrograms(
      text: """
        .executable(name: "tool", targets: ["Tool"]), .target(name: "Library"),
        // .executableTarget(name: "CommentedOut"),
        .executableTarget(
          name: "HelloWorld", path: "Examples/HelloWorld"), .executableTarget(name: "Primes"), .executableTarget(name: "Primes")
        """)
    #expect(manifest.names == ["tool", "HelloWorld", "Primes"])
    #expect(manifest.misuse("helloworld").description.contains("did you mean HelloWorld?\nchoose one of these: tool "))
    let described =
      #"{"name" : "All", "products" : [{ "name" : "P", "type" : { "library" : ["a"] } }], "targets" : [{"#
      + #" "c99name" : "Made", "name" : "Made", "type" : "executable" }, { "name" : "L", "type" : "library" }]}"#
    #expect(ManifestPrograms(described: described, else: manifest).names == ["Made"])
    #expect(ManifestPrograms(described: "", else: manifest) == manifest)
  }
}
