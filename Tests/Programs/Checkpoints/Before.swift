import SeppoCheckpoint
import SeppoMPI

// Types before an edit. After.swift has types of the same names.

private struct Particle: Codable, Sendable, PlainMemory {
  var mass, charge: Double
}

private struct Line: Codable, Sendable {
  var amplitude: Double
  var width: Double?
}

private enum Outcome: Codable, Sendable {
  case lost
  case found(peak: Double?)

  var value: Double? { if case .found(let value) = self { value } else { nil } }
}

extension Checkpoints {
  /// Maps to the original types.
  static func before(_ name: String) throws {
    let items = (0..<20).parallel(checkpoint: .sqlite(file, label: name))
    switch name {
    case "particles": try show(items.map { [Particle(mass: 1, charge: Double($0))] }.map { $0[0].charge })
    case "lines": try show(items.map { ["line": Line(amplitude: 1, width: Double($0))] }.map { $0["line"]?.width })
    case "outcomes": try show(items.map { $0 % 2 == 0 ? Outcome.lost : .found(peak: 1) }.map(\.value))
    default: throw ProgramError()
    }
  }
}
