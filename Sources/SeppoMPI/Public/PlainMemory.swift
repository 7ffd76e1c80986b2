import SeppoWire

/// A struct of plain memory. Arrays of it are sent as they are in memory, at the speed of a copy.
///
/// ```swift
/// struct Particle: Codable, Sendable { var position: SIMD3<Double>; var mass: Double }
/// extension Particle: PlainMemory {}
/// ```
///
/// By conforming, you promise that the struct contains no pointers, and that every bit pattern of its size is a valid
/// value. It must not contain a `Bool`, an enum or an `Optional`: received bytes are not checked, and an invalid value
/// is undefined behaviour. The compiler rejects references. If the struct's mirror shows such a field, the first call
/// with it throws.
public typealias PlainMemory = SeppoWire.PlainMemory
