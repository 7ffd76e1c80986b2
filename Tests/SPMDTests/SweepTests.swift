import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

extension SPMDTests {
  @Suite("The example Sweep")
  struct SweepTests {
    @Test("Where the orbit ends at a fixed point, the exponent is the Jacobian's")
    func fixedPoints() async throws {
      let rows = try await Sweep().run(
        2, ["--rho", "0.5:15", "--rho-steps", "2", "--sigma", "10:20", "--sigma-steps", "2"])
      #expect(rows.map { [$0.rho, $0.sigma] } == [[0.5, 10], [15, 10], [0.5, 20], [15, 20]] as [[Double]])
      // Tests/Sweep/reference.py prints these. At the origin, with real eigenvalues, what remains is the integrator's error,
      // about |λ|⁵h⁴/120 and far below this.
      #expect(abs(rows[0].exponent + 0.475062189439555) < 1e-9)
      #expect(abs(rows[2].exponent + 0.487507802749607) < 1e-9)
      // A spiral: where in its turn the deviation is at the beginning and at the end makes its length a few times larger or
      // smaller, and so the mean rate of 200 units wrong by at most ln 4 / 200.
      #expect(abs(rows[1].exponent + 0.350193102443) < 0.007)
      #expect(abs(rows[3].exponent + 0.598028998266) < 0.007)
    }

    @Test("At σ = 10, ρ = 28, β = 8/3 the exponent is the literature's")
    func lorenzAttractor() async throws {
      let rows = try await Sweep().run(
        1, ["--rho", "28:28", "--rho-steps", "1", "--sigma", "10:10", "--sigma-steps", "1", "--time", "1000"])
      let row = try #require(rows.first)
      // 0.9056 (D. Viswanath, 1998; J. C. Sprott, Chaos and Time-Series Analysis, 2003). A mean over an orbit of so finite a
      // length scatters: by 0.25/√T as orbits of 500 and 2000 units show, which is 0.008 here; the limit is four times that.
      #expect(abs(row.exponent - 0.9056) < 0.032, "\(row)")
      #expect((0.002...0.02).contains(row.error), "\(row)")
    }

    @Test("In the periodic window at ρ = 100.5 it is zero")
    func periodicWindow() async throws {
      let rows = try await Sweep().run(
        1, ["--rho", "100.5:100.5", "--rho-steps", "1", "--sigma", "10:10", "--sigma-steps", "1", "--time", "500"])
      let row = try #require(rows.first)
      // The deviation along a closed orbit is as long as the speed there, which is up to nine times another at the end than
      // at the beginning: ln 9 / 500 is 0.0044. Four times that, since the orbit may still be settling on the closed one.
      #expect(abs(row.exponent) < 0.018, "\(row)")
    }

    @Test("Table and picture are the same, bit for bit, on any number of ranks")
    func sameEverywhere() async throws {
      let arguments = ["--rho-steps", "5", "--sigma-steps", "4", "--time", "10", "--transient", "5"]
      let alone = Sweep()
      let rows = try await alone.run(nil, arguments)
      #expect(rows.count == 20)
      for ranks in [1, 3] {
        let other = Sweep()
        _ = try await other.run(ranks, arguments)
        #expect(try other.text("sweep.csv") == alone.text("sweep.csv"))
        #expect(try other.text("sweep.svg") == alone.text("sweep.svg"))
      }
      // Every bit of a number can be read back from the table.
      let lines = try alone.text("sweep.csv").split(separator: "\n").dropFirst()
      for field in lines.flatMap({ $0.split(separator: ",") }) {
        let number = try #require(Double(field))
        #expect("\(number)" == field)
      }
      let picture = try alone.text("sweep.svg")
      #expect(XMLParser(data: Data(picture.utf8)).parse())
      for word in ["Largest Lyapunov exponent", "Prandtl number", "Rayleigh number", "per unit of time"] {
        #expect(picture.contains(word))
      }
    }

    @Test("Every point is computed once, and named once in the log", arguments: [1, 3])
    func eachPointOnce(on ranks: Int) async throws {
      let sweep = Sweep()
      let log = sweep.folder.appendingPathComponent("log")
      _ = try await sweep.run(
        ranks, ["--rho-steps", "6", "--sigma-steps", "5", "--time", "2", "--transient", "0", "--log", log.path])
      let lines = try sweep.text("log").split(separator: "\n").compactMap { Int($0) }
      #expect(lines.sorted() == Array(0..<30))
    }

    @Test(
      "What makes no sense is a usage error",
      arguments: [["--rho", "3"], ["--rho", "5:1"], ["--rho-steps", "0"], ["--sigma", "0:5"], ["--step", "0"]])
    func usageErrors(_ arguments: [String]) async throws {
      let job = try await Mpirun.run(2, "Sweep", arguments + ["--no-checkpoint"])
      #expect(job.status == 64, "\(job.report)")
    }
  }
}

/// A folder for what Sweep writes; gone with the last reference to this.
private final class Sweep {
  struct Row {
    let rho: Double
    let sigma: Double
    let beta: Double
    let exponent: Double
    let error: Double
  }

  let folder: URL

  init() {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo sweep \(UUID().uuidString)")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  func run(_ ranks: Int?, _ arguments: [String]) async throws -> [Row] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files = [("--csv", "sweep.csv"), ("--svg", "sweep.svg"), ("--checkpoint", "sweep.sqlite")]
      .flatMap { [$0, folder.appendingPathComponent($1).path] }
    let job = try await Mpirun.run(ranks, "Sweep", files + arguments)
    try #require(job.status == 0, "\(job.report)")
    let lines = try text("sweep.csv").split(separator: "\n")
    #expect(lines.first == "rho,sigma,beta,exponent,error")
    return try lines.dropFirst().map { line in
      let numbers = line.split(separator: ",").compactMap { Double($0) }
      try #require(numbers.count == 5)
      return Row(rho: numbers[0], sigma: numbers[1], beta: numbers[2], exponent: numbers[3], error: numbers[4])
    }
  }
}
