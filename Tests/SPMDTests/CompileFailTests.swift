import Foundation
import Testing

extension SPMDTests {
  /// Programs in Tests/CompileFail. The first line of each file is `// compiles`, or `// fails: ` and a part of the
  /// first compile error. The second line may be `// flags: ` and compiler options.
  @Suite("Programs that must not compile")
  struct CompileFailTests {
    static let programs: [String] = {
      let folder = Checkout.root.appendingPathComponent("Tests/CompileFail").path
      return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".swift") }
        .sorted()
    }()

    @Test("The programs are found")
    func areFound() { #expect(CompileFailTests.programs.count >= 70) }

    @Test("Misuse does not compile, and the error says why", arguments: programs)
    func check(_ program: String) async throws {
      let file = Checkout.root.appendingPathComponent("Tests/CompileFail/\(program)")
      let text = try String(contentsOf: file, encoding: .utf8)
      let lines = text.split(separator: "\n")
      let first = lines.first ?? ""
      let flags = lines.dropFirst().prefix(1).filter { $0.hasPrefix("// flags: ") }
        .flatMap { $0.split(separator: " ").dropFirst(2).map(String.init) }
      let headers = try await Checkout.mpicc("incdirs").flatMap { ["-Xcc", "-I\($0)"] }
      let modules = ["CMPI", "CFork", "CSharedMemory", "CStack"].flatMap {
        ["-Xcc", "-fmodule-map-file=\(Checkout.root.appendingPathComponent("Sources/\($0)/module.modulemap").path)"]
      }
      let arguments =
        ["swiftc", "-typecheck", "-swift-version", "6", "-parse-as-library"]
        + ["-I", Mpirun.products.appendingPathComponent("Modules").path] + modules
        + headers + flags + [file.path]
      let job = try await Mpirun.start("/usr/bin/env", arguments, [:], 120, load: .computes)
      if first == "// compiles" {
        #expect(job.status == 0, "\(job.report)")
      } else {
        try #require(first.hasPrefix("// fails: "))
        let words = first.dropFirst("// fails: ".count)
        #expect(job.status != 0, "it compiles")
        let errors = job.errors.split(separator: "\n").filter { $0.contains("error: ") }
        #expect(errors.first?.contains(words) == true, "\(job.report)")
      }
    }
  }
}
