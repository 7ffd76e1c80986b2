import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

extension SPMDTests {
  @Suite("The example Sweep")
  struct SweepTests {
    @Test("At a fixed point, the exponent is that of the Jacobian")
    func fixedPoints() async throws {
      let rows = try await Sweep().run(
        2, ["--rho", "0.5:15", "--rho-steps", "2", "--sigma", "10:20", "--sigma-steps", "2"])
      #expect(rows.map { [$0.rho, $0.sigma] } == [[0.5, 10], [15, 10], [0.5, 20], [15, 20]] as [[Double]])
      // The values are from Tests/Sweep/reference.py. At the origin, with real eigenvalues, only the integrator's error
      // remains: about |λ|⁵h⁴/120, far below the tolerance.
      #expect(abs(rows[0].exponent + 0.475062189439555) < 1e-9)
      #expect(abs(rows[2].exponent + 0.487507802749607) < 1e-9)
      // A spiral: the deviation's phases at the start and the end change its length by a small factor, which changes
      // the mean rate over 200 units by at most ln 4 / 200.
      #expect(abs(rows[1].exponent + 0.350193102443) < 0.007)
      #expect(abs(rows[3].exponent + 0.598028998266) < 0.007)
    }

    @Test("At σ = 10, ρ = 28, β = 8/3, the exponent is the published one")
    func lorenzAttractor() async throws {
      let rows = try await Sweep().run(
        1, ["--rho", "28:28", "--rho-steps", "1", "--sigma", "10:10", "--sigma-steps", "1", "--time", "1000"])
      let row = try #require(rows.first)
      // 0.9056 (D. Viswanath, 1998; J. C. Sprott, Chaos and Time-Series Analysis, 2003). A mean over an orbit of length
      // T scatters by 0.25/√T, as measured for 500 and 2000 units, which is 0.008 here. The tolerance is four times
      // that.
      #expect(abs(row.exponent - 0.9056) < 0.032, "\(row)")
      #expect((0.002...0.02).contains(row.error), "\(row)")
    }

    @Test("In the periodic window at ρ = 100.5, the exponent is zero")
    func periodicWindow() async throws {
      let rows = try await Sweep().run(
        1, ["--rho", "100.5:100.5", "--rho-steps", "1", "--sigma", "10:10", "--sigma-steps", "1", "--time", "500"])
      let row = try #require(rows.first)
      // The deviation along a closed orbit is proportional to the speed, which may differ by a factor of nine between
      // start and end: ln 9 / 500 is 0.0044. The tolerance is four times that, as the orbit may still approach the
      // closed one.
      #expect(abs(row.exponent) < 0.018, "\(row)")
    }

    @Test("Table and picture are identical on any number of ranks")
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
      // Numbers in the table can be read back exactly.
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

    @Test("Every point is computed and logged once", arguments: [1, 3])
    func eachPointOnce(on ranks: Int) async throws {
      let sweep = Sweep()
      let log = sweep.folder.appendingPathComponent("log")
      _ = try await sweep.run(
        ranks, ["--rho-steps", "6", "--sigma-steps", "5", "--time", "2", "--transient", "0", "--log", log.path])
      let lines = try sweep.text("log").split(separator: "\n").compactMap { Int($0) }
      #expect(lines.sorted() == Array(0..<30))
    }

    @Test(
      "Invalid options are a usage error",
      arguments: [["--rho", "3"], ["--rho", "5:1"], ["--rho-steps", "0"], ["--sigma", "0:5"], ["--step", "0"]])
    func usageErrors(_ arguments: [String]) async throws {
      let job = try await Mpirun.run(2, "Sweep", arguments + ["--no-checkpoint"])
      #expect(job.status == 64, "\(job.report)")
    }
  }
}

/// Runs Sweep with a temporary folder for its files, removed with the last reference.
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
