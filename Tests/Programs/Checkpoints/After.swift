import SeppoCheckpoint
import SeppoMPI

// Types as they are when they have been edited: those of the other file have the same names.

private struct Particle: Codable, Sendable, PlainMemory {
  var charge, mass: Double
}

private struct Line: Codable, Sendable {
  var amplitude: Double
  var breadth: Double?
}

private enum Fate: Codable, Sendable {
  case lost
  case found(top: Double?)

  var value: Double? { if case .found(let value) = self { value } else { nil } }
}

extension Checkpoints {
  /// Results of types that are edited.
  static func after(_ name: String) throws {
    let items = (0..<20).parallel(checkpoint: .sqlite(file, label: name))
    switch name {
    case "particles": try show(items.map { [Particle(charge: 1, mass: Double($0))] }.map { $0[0].mass })
    case "lines": try show(items.map { ["line": Line(amplitude: 1, breadth: Double($0))] }.map { $0["line"]?.breadth })
    case "fates": try show(items.map { $0 % 2 == 0 ? Fate.lost : .found(top: 1) }.map(\.value))
    default: throw Trouble()
    }
  }
}
