// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The pkg-config name of the MPI whose mpicc is first on the PATH. mpi-run.sh writes a file for either.
let mpi: String = {
  for folder in (Context.environment["PATH"] ?? "").split(separator: ":") {
    let mpicc = URL(fileURLWithPath: "\(folder)/mpicc")
    if !FileManager.default.isExecutableFile(atPath: mpicc.path) { continue }
    // Debian's is a link to mpicc.openmpi or mpicc.mpich.
    let real = mpicc.resolvingSymlinksInPath()
    let version = real.deletingLastPathComponent().appendingPathComponent("mpichversion")
    let isOpenMPI = real.lastPathComponent.contains("openmpi") || real.lastPathComponent.contains("opal")
    return !isOpenMPI && FileManager.default.isExecutableFile(atPath: version.path) ? "mpich" : "ompi-c"
  }
  return "ompi-c"
}()

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error)
]

let package = Package(
  name: "Seppo",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SeppoMPI", targets: ["SeppoMPI"]),
    .library(name: "SeppoCheckpoint", targets: ["SeppoCheckpoint"]),
    .library(name: "SeppoTesting", targets: ["SeppoTesting"]),
    .executable(name: "seppo-launch", targets: ["seppo-launch"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CMPI",
      pkgConfig: mpi,
      providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]
    ),
    .target(name: "SeppoTransport", dependencies: ["CMPI"], swiftSettings: strict),
    .target(name: "SeppoEngine", swiftSettings: strict),
    .systemLibrary(name: "CSharedMemory"),
    .systemLibrary(name: "CFork"),
    // What the system tells about this process.
    .target(name: "SeppoSystem", dependencies: ["CFork"], swiftSettings: strict),
    // How programs are launched: decisions, without effects.
    .target(name: "SeppoLaunch", dependencies: ["SeppoSystem"], swiftSettings: strict),
    .executableTarget(name: "seppo-launch", dependencies: ["SeppoLaunch", "SeppoSystem"], swiftSettings: strict),
    // This process: launcher, settings, signals, watchdog, memory limits, its end.
    .target(
      name: "SeppoProcess",
      dependencies: [
        "SeppoSystem", "CSharedMemory", "CStack", "CFork", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    // What a person sees of a run: progress, summaries, the timeline. Numbers in, text out.
    .target(
      name: "SeppoTelemetry",
      resources: ["page.html", "page.css", "records.js", "drawing.js", "looking.js", "tables.js"].map {
        .embedInCode("Timeline/Page/\($0)")
      },
      swiftSettings: strict),
    // Compute threads that run f.
    .target(name: "SeppoCompute", dependencies: ["SeppoEngine", "SeppoProcess"], swiftSettings: strict),
    .systemLibrary(name: "CStack"),
    .target(name: "SeppoWire", dependencies: ["CStack"], swiftSettings: strict),
    .target(
      name: "SeppoMPI",
      dependencies: [
        "SeppoTransport", "SeppoEngine", "SeppoWire", "SeppoProcess", "SeppoCompute", "SeppoTelemetry",
      ],
      swiftSettings: strict
    ),
    // Ranks in one process, for unit tests.
    .target(
      name: "SeppoTesting", dependencies: ["SeppoMPI", "SeppoProcess", "SeppoTransport"], swiftSettings: strict),
    // A separate product: if you don't import it, no database is built.
    .target(
      name: "SeppoCheckpoint",
      dependencies: [
        "SeppoMPI", "SeppoWire", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "HelloWorld", dependencies: ["SeppoMPI"], path: "Examples/HelloWorld", swiftSettings: strict),

    .executableTarget(
      name: "WordCount", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/WordCount",
      swiftSettings: strict),
    .executableTarget(
      name: "Primes", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/Primes", swiftSettings: strict),
    .executableTarget(
      name: "MonteCarlo", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/MonteCarlo",
      swiftSettings: strict),
    .executableTarget(
      name: "Adaptive", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/Adaptive",
      swiftSettings: strict),
    .executableTarget(
      name: "Commands", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/Commands",
      swiftSettings: strict),
    .executableTarget(
      name: "Mandelbrot", dependencies: ["SeppoMPI", "CommandLineTool"], path: "Examples/Mandelbrot",
      swiftSettings: strict),
    .executableTarget(
      name: "Sweep",
      dependencies: [
        "SeppoMPI", "SeppoCheckpoint", "CommandLineTool", .product(name: "RealModule", package: "swift-numerics"),
      ],
      path: "Examples/Sweep", swiftSettings: strict),
    .target(
      name: "CommandLineTool",
      dependencies: ["SeppoMPI", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Examples/CommandLineTool", swiftSettings: strict),

    .executableTarget(
      name: "BenchmarkCore",
      dependencies: [
        "SeppoEngine", "SeppoWire", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Core", swiftSettings: strict),

    // The Seppo programs of Benchmarks/run.sh.
    .executableTarget(
      name: "Benchmark", dependencies: ["SeppoMPI", "SeppoCheckpoint", "CommandLineTool"], path: "Benchmarks/Seppo",
      swiftSettings: strict),

    // Shared by tests: the scheduling of tests that start ranks, and items that wait.
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),

    // Laws of mapParallel, tested under mpirun and on ranks in one process.
    .target(name: "SeppoLaws", dependencies: ["SeppoMPI"], path: "Tests/Laws", swiftSettings: strict),
    .testTarget(
      name: "LawTests", dependencies: ["SeppoLaws", "SeppoMPI", "SeppoTesting", "TestSupport"], swiftSettings: strict),

    // Programs that the suite starts under mpirun.
    .executableTarget(
      name: "Laws", dependencies: ["SeppoLaws", "SeppoMPI"], path: "Tests/Programs/Laws", swiftSettings: strict),
    .executableTarget(
      name: "TopLevel", dependencies: ["SeppoMPI"], path: "Tests/Programs/TopLevel", swiftSettings: strict),
    .executableTarget(
      name: "Isolated", dependencies: ["SeppoMPI"], path: "Tests/Programs/Isolated", swiftSettings: strict),
    .executableTarget(
      name: "Observed", dependencies: ["SeppoMPI"], path: "Tests/Programs/Observed", swiftSettings: strict),
    .executableTarget(
      name: "Starter", dependencies: ["SeppoMPI"], path: "Tests/Programs/Starter", swiftSettings: strict),
    .executableTarget(
      name: "Endings", dependencies: ["SeppoMPI", "CMPI"], path: "Tests/Programs/Endings", swiftSettings: strict),
    .executableTarget(
      name: "Transport", dependencies: ["SeppoTransport", "TransportProperties", "CMPI"],
      path: "Tests/Programs/Transport",
      swiftSettings: strict),
    // Properties of every transport, tested with MPI and with ranks in one process.
    .target(
      name: "TransportProperties", dependencies: ["SeppoTransport"], path: "Tests/TransportProperties",
      swiftSettings: strict),
    .executableTarget(
      name: "StartedByOthers", dependencies: ["SeppoMPI", "CMPI"], path: "Tests/Programs/StartedByOthers",
      swiftSettings: strict),
    .executableTarget(
      name: "Checkpoints", dependencies: ["SeppoMPI", "SeppoCheckpoint"], path: "Tests/Programs/Checkpoints",
      swiftSettings: strict),
    .executableTarget(
      name: "Chaos", dependencies: ["SeppoMPI", "SeppoCheckpoint"], path: "Tests/Programs/Chaos", swiftSettings: strict),
    .executableTarget(
      name: "Resumable", dependencies: ["SeppoMPI", "SeppoCheckpoint"], path: "Tests/Programs/Resumable",
      swiftSettings: strict),
    .executableTarget(
      name: "Network", dependencies: ["SeppoMPI"], path: "Tests/Programs/Network", swiftSettings: strict),

    // A program that stores results until it is killed.
    .executableTarget(
      name: "Storing", dependencies: ["SeppoCheckpoint"], path: "Tests/Programs/Storing", swiftSettings: strict),

    // Maps on simulated ranks.
    .target(
      name: "SeppoSimulation", dependencies: ["SeppoEngine"], path: "Tests/Simulation", swiftSettings: strict),
    .executableTarget(
      name: "Simulate", dependencies: ["SeppoSimulation"], path: "Tests/Programs/Simulate", swiftSettings: strict),

    .testTarget(
      name: "SPMDTests",
      dependencies: [
        "HelloWorld", "WordCount", "Primes", "MonteCarlo", "Adaptive", "Mandelbrot", "Sweep", "Laws", "Endings",
        "Transport", "StartedByOthers", "Network", "Checkpoints", "TopLevel", "Isolated", "Observed", "Starter",
        "TestSupport",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict
    ),
    .testTarget(name: "SeppoTestingTests", dependencies: ["SeppoMPI", "SeppoTesting"], swiftSettings: strict),
    .testTarget(name: "SeppoMPITests", dependencies: ["SeppoMPI", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "SeppoTelemetryTests", dependencies: ["SeppoTelemetry"], swiftSettings: strict),
    .testTarget(name: "SeppoLaunchTests", dependencies: ["SeppoLaunch"], swiftSettings: strict),
    .testTarget(name: "SeppoProcessTests", dependencies: ["SeppoProcess"], swiftSettings: strict),
    .testTarget(name: "SeppoComputeTests", dependencies: ["SeppoCompute", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SeppoCheckpointTests",
      dependencies: [
        "SeppoCheckpoint", "SeppoTesting", "Storing", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SeppoTransportTests", dependencies: ["SeppoTransport", "TransportProperties"], swiftSettings: strict),
    .testTarget(
      name: "SeppoEngineTests", dependencies: ["SeppoEngine", "SeppoSimulation"], swiftSettings: strict),
    .testTarget(name: "SeppoWireTests", dependencies: ["SeppoWire"], swiftSettings: strict),
    // Fuzzes the decoder. Linked with libFuzzer if FUZZ is defined: see the file's header.
    .executableTarget(
      name: "FuzzWire", dependencies: ["SeppoWire"], path: "Tests/FuzzWire", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
