// The names that blocks of code in the documentation use without declaring them: see Tests/code-blocks.py. A block may
// declare a name of its own, which then hides the one here. Nothing of this is ever run.

import Foundation
import SeppoMPI

// Astronomy.

struct Star: Codable, Sendable {
  var distance = 0.0
}

struct Planet: Codable, Sendable {}

struct Fit: Codable, Sendable {}

struct LightCurve: Codable, Sendable {}

struct Orbit: Codable, Sendable {}

struct Trajectory: Codable, Sendable {}

struct Target: Codable, Sendable {}

var stars: [Star] { [] }
var planets: [Planet] { [] }
var lightCurves: [LightCurve] { [] }
var orbits: [Orbit] { [] }
var trajectories: [Trajectory] { [] }
var target: Target { Target() }

func fit(_ star: Star) throws -> Fit { Fit() }
func distance(_ star: Star, _ planet: Planet) -> Double { 0 }
func transitPeriod(of curve: LightCurve) -> Double? { nil }
func isStable(_ orbit: Orbit, years: Int) -> Bool { true }
func escapes(_ orbit: Orbit) -> Bool { false }
func hits(_ trajectory: Trajectory, _ target: Target) -> Bool { false }

// Particles.

struct Particle: Codable, Sendable {
  var mass = 0.0
  var speed = 0.0
}

struct Event: Codable, Sendable {
  var energy = 0.0
}

struct Simulation: Codable, Sendable {
  func residual() -> Double { 0 }
}

var bodies: [Particle] { [] }
var particles: [Particle] { [] }
var masses: [Double] { [] }
var temperatures: [Double] { [] }
var events: [Event] { [] }
var simulations: [Simulation] { [] }

func energy(_ event: Event) -> Double { event.energy }

// Molecules.

struct Molecule: Codable, Sendable {
  var name = ""
}

struct DockingError: Error, Codable {}

struct Device {
  init(number: Int) throws {}
  func energy(of molecule: Molecule) throws -> Double { 0 }
}

var molecules: [Molecule] { [] }
var ligands: [String] { [] }
var gpusPerNode: Int { 1 }
var gpuCount: Int { 1 }
nonisolated(unsafe) var energies: [Double] = []
nonisolated(unsafe) var table: [String: Double] = [:]

func dock(_ molecule: Molecule) throws -> Double { 0 }
func score(_ name: String, _ value: Double) -> Double { value }
func selectGPU(_ number: Int) {}
func readTable() throws -> [String: Double] { table }

// Pictures.

struct Picture: Codable, Sendable {}

struct Scene: Codable, Sendable {}

struct Frame: Codable, Sendable {
  var number = 0
}

var images: [Picture] { [] }
var scenes: [Scene] { [] }
var frames: [Frame] { [] }
var results: AtRoot<[Double]> { get throws { try Seppo.atRoot { [] } } }

func render(_ image: Picture) -> Picture { image }
func render(_ scene: Scene) -> Picture { Picture() }
func render(_ frame: Frame, to path: String) throws {}
func save<Value>(_ value: Value) throws {}
func save(_ image: Picture, _ index: Int) throws {}

// Signals.

struct Signal: Codable, Sendable {
  var number = 0
}

struct Spectrum: Codable, Sendable {}

struct FourierPlan {
  init(size: Int) {}
  mutating func spectrum(of signal: Signal) -> Spectrum { Spectrum() }
}

var signals: [Signal] { [] }
var spectra: [Spectrum] { [] }
var samples: [Double] { [] }

func search(_ signal: Signal) -> Spectrum? { nil }
func findPeaks(in spectrum: Spectrum) -> [Double] { [] }
func weight(_ index: Int) -> Double { 1 }

// Tasks of a pool, and requests that come one after another.

struct Candidate: Codable, Sendable {
  var generation = 0
  func mutated() -> Candidate { self }
}

var candidates: [Candidate] { [] }
var pool: TaskPool<Candidate, Double> { fatalError("never run") }
var requests: AsyncStream<String> { AsyncStream { nil } }

func evaluate(_ candidate: Candidate) throws -> Double { 0 }
func answer(_ request: String) throws -> String { request }
func send(_ reply: String) {}

// Random walks.

struct Workspace {
  mutating func chain(from start: Int, using random: inout ItemRandom) -> Double { 0 }
}

var starts: [Int] { [] }

func walk(using random: inout ItemRandom) -> Double { 0 }
func walk(from start: Int, using random: inout ItemRandom) -> Double { 0 }

// Numbers and text.

var numbers: [Double] { [] }
var xs: [Double] { [] }
var ys: [Double] { [] }
var lines: [String] { [] }
var words: [String] { [] }
var path: String { "" }
var file: String { "" }
var text: String { "" }
var temperature: Double { 0 }

func isPrime(_ number: Int) -> Bool { false }
func isInCircle(_ point: Int) -> Bool { false }
