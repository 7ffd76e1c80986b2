import Foundation
import Testing

extension SPMDTests {
  /// Tests/Consumers: a package that depends on this one by path, and has only its public names.
  @Suite("Programs outside the package", .serialized)
  struct ConsumerTests {
    @Test("Every way in which a program can begin builds, and runs on three ranks and on one")
    func buildAndRun() async throws {
      let package = Checkout.root.appendingPathComponent("Tests/Consumers").path
      // Beside this build, so that it goes with it when another MPI is taken.
      let scratch = Mpirun.products.appendingPathComponent("consumers").path
      let runPaths = try await Checkout.mpicc("libdirs").flatMap { ["-Xlinker", "-rpath", "-Xlinker", $0] }
      let build = try await Mpirun.start(
        "/usr/bin/env",
        // Where that is set, this build would wait for the one that started it.
        ["-u", "SWIFTPM_BUILD_DIR", "swift", "build", "--package-path", package, "--scratch-path", scratch] + runPaths,
        [:], 900)
      try #require(build.status == 0, "\(build.report)")
      let wanted = [
        "PlainMain": "right\n", "AsyncMain": "2025\n", "MainActorMain": "[10, 20, 30]\n", "Parsable": "[0, 1, 4, 9]\n",
        "AsyncParsable": "[0, 1, 4, 9]\n",
      ]
      for ranks in [1, 3] {
        for (program, output) in wanted {
          let job = try await Mpirun.run(ranks, "\(scratch)/debug/\(program)")
          #expect(job.status == 0, "\(program) on \(ranks): \(job.report)")
          #expect(job.output == output, "\(program) on \(ranks): \(job.report)")
        }
        let design = try await Mpirun.run(ranks, "\(scratch)/debug/Design")
        #expect(design.status == 0, "\(design.report)")
        let lines = design.output.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.first?.hasSuffix("(input=1.0, value*value=1.0)") == true, "\(design.report)")
        #expect(lines.last?.hasSuffix("(input=5.0, value*value=25.0)") == true, "\(design.report)")
      }
    }
  }
}
