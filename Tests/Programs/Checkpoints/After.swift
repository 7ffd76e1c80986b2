import SeppoCheckpoint
import SeppoMPI

// Types after an edit. Before.swift has types of the same names.

private struct Particle: Codable, Sendable, PlainMemory {
  var charge, mass: Double
}

private struct Line: Codable, Sendable {
  var amplitude: Double
  var breadth: Double?
}

private enum Outcome: Codable, Sendable {
  case lost
  case found(top: Double?)

  var value: Double? { if case .found(let value) = self { value } else { nil } }
}

extension Checkpoints {
  /// Maps to the edited types.
  static func after(_ name: String) throws {
    let items = (0..<20).parallel(checkpoint: .sqlite(file, label: name))
    switch name {
    case "particles": try show(items.map { [Particle(charge: 1, mass: Double($0))] }.map { $0[0].mass })
    case "lines": try show(items.map { ["line": Line(amplitude: 1, breadth: Double($0))] }.map { $0["line"]?.breadth })
    case "outcomes": try show(items.map { $0 % 2 == 0 ? Outcome.lost : .found(top: 1) }.map(\.value))
    default: throw ProgramError()
    }
  }
}
