import Foundation
import SeppoLaunch

/// What `mpi-run.sh` passes in the environment. Without it, this program also works.
struct LaunchSettings {
  let variables = ProcessInfo.processInfo.environment
  /// The path of `mpi-run.sh`.
  var script: String? { value("SEPPO_LAUNCH_SCRIPT") }
  /// The package with the programs; nil if only executables can be launched.
  var package: String? { value("SEPPO_LAUNCH_PACKAGE") }
  /// Where SwiftPM builds.
  var scratch: String? { value("SEPPO_LAUNCH_SCRATCH") }
  /// The folder with the MPI library.
  var libraryFolder: String? { value("SEPPO_LAUNCH_LIBRARY") }
  var mpirun: String { value("SEPPO_LAUNCH_MPIRUN") ?? "mpirun" }

  func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

  static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
