import Foundation
import Testing

extension SPMDTests {
  /// Tests/CompileFail: each file's first line says with which words it doesn't compile, or that it does.
  @Suite("Programs that must not compile")
  struct CompileFailTests {
    static let programs: [String] = {
      let folder = Checkout.root.appendingPathComponent("Tests/CompileFail").path
      return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".swift") }
        .sorted()
    }()

    @Test("There are programs")
    func areThere() { #expect(CompileFailTests.programs.count >= 12) }

    @Test("Misuse doesn't compile, and the compiler says why", arguments: programs)
    func check(_ program: String) async throws {
      let file = Checkout.root.appendingPathComponent("Tests/CompileFail/\(program)")
      let text = try String(contentsOf: file, encoding: .utf8)
      let first = text.split(separator: "\n").first ?? ""
      let headers = try await Checkout.mpicc("incdirs").flatMap { ["-Xcc", "-I\($0)"] }
      let module = Checkout.root.appendingPathComponent("Sources/CMPI/module.modulemap").path
      let arguments =
        ["swiftc", "-typecheck", "-swift-version", "6", "-parse-as-library"]
        + ["-I", Mpirun.products.appendingPathComponent("Modules").path, "-Xcc", "-fmodule-map-file=\(module)"]
        + headers
        + [file.path]
      let job = try await Mpirun.start("/usr/bin/env", arguments, [:], 120)
      if first == "// compiles" {
        #expect(job.status == 0, "\(job.report)")
      } else {
        try #require(first.hasPrefix("// fails: "))
        let words = first.dropFirst("// fails: ".count)
        #expect(job.status != 0, "it compiles")
        let errors = job.errors.split(separator: "\n").filter { $0.contains("error: ") }
        #expect(errors.contains { $0.contains(words) }, "\(job.report)")
      }
    }
  }
}
