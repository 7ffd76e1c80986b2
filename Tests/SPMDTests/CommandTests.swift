import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Programs that items run")
  struct CommandTests {
    private var helloWorld: String { Mpirun.products.appendingPathComponent("HelloWorld").path }

    @Test("An item can start a Seppo program, which then has one rank")
    func seppoProgram() async throws {
      let job = try await Mpirun.run(2, "Starter", ["command", helloWorld])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.ranges(of: "hello world from").count == 10, "\(job.report)")
      #expect(job.output.ranges(of: "status 0").count == 2, "\(job.report)")
    }

    @Test("An item can start mpirun with another job")
    func launcher() async throws {
      let job = try await Mpirun.run(
        2, "Starter", ["command", Mpirun.launcher] + Mpirun.options(2, binding: nil) + [helloWorld])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.ranges(of: "hello world from").count == 10, "\(job.report)")
      #expect(job.output.ranges(of: "status 0").count == 2, "\(job.report)")
    }

    @Test("A Seppo program that an item starts without Command says what is the matter")
    func withRanksEnvironment() async throws {
      let job = try await Mpirun.run(2, "Starter", ["fork", helloWorld])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.ranges(of: "Start it there by Command(…).run()").count == 2, "\(job.report)")
      #expect(job.output.ranges(of: "status 1").count == 2, "\(job.report)")
    }

    @Test("A job that a rank submits to a launcher of its own is another job")
    func submittedJob() async throws {
      // As a batch system runs a script, with the environment of the program that submits it.
      let script = """
        unset $(env | sed -n 's/^\\(\\(OMPI_\\|PMIX_\\|PRTE_\\|PMI_\\|HYD[IR]A\\?_\\|MPI_LOCAL\\)[^=]*\\)=.*/\\1/p')
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 exec "$@"
        """
      let job = try await Mpirun.run(
        1, "Starter",
        ["fork", "/bin/sh", "-c", script, "sh", Mpirun.launcher] + Mpirun.options(2, binding: nil) + [helloWorld])
      #expect(job.output.ranges(of: "hello world from").count == 5, "\(job.report)")
      #expect(job.output.contains("status 0"), "\(job.report)")
    }

    @Test("Libraries in items and in their programs get the threads per item", arguments: ["command", "fork"])
    func threadsPerItem(way: String) async throws {
      let job = try await Mpirun.run(
        2, "Starter", [way, "/usr/bin/env"], environment: ["SEPPO_THREADS_PER_ITEM": "3", "OMP_NUM_THREADS": "7"])
      #expect(job.status == 0, "\(job.report)")
      for variable in ["OPENBLAS_NUM_THREADS=3", "MKL_NUM_THREADS=3", "OMP_NUM_THREADS=7"] {
        #expect(job.output.split(separator: "\n").count { $0 == variable } == 2, "\(job.report)")
      }
    }
  }
}
