import SeppoWire

/// A struct of plain memory: arrays of it travel as memory, at the speed of a copy.
///
/// ```swift
/// struct Particle: Codable, Sendable { var position: SIMD3<Double>; var mass: Double }
/// extension Particle: PlainMemory {}
/// ```
///
/// A promise: the struct holds no pointers, and every bit pattern of its size is a valid value. So no `Bool`, no enum and
/// no `Optional` inside: received bytes can't be checked here, and what isn't a valid value is undefined behaviour. That it
/// holds no references the compiler sees to. Where such a field shows in the struct's mirror, the first call with it throws.
public typealias PlainMemory = SeppoWire.PlainMemory
