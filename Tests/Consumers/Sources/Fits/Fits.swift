// A library that maps in parallel, as its users' programs under mpirun need not know.
import SeppoMPI

public struct Star: Codable, Sendable {
  public let magnitudes: [Double]

  public init(_ magnitudes: [Double]) { self.magnitudes = magnitudes }
}

public struct NoMagnitudes: Error, Codable {}

/// Returns the mean magnitude of each star.
public func means(of stars: [Star], threads: Int = 1) throws -> [Double] {
  try stars.parallel(threads: threads).map { star in
    guard !star.magnitudes.isEmpty else { throw NoMagnitudes() }
    return star.magnitudes.reduce(0, +) / Double(star.magnitudes.count)
  }
}

/// Prints the brightest stars on rank 0.
public func brightest(_ count: Int, of stars: [Star]) throws -> [Double] {
  let sorted = try Seppo.atRoot { try means(of: stars).sorted() }
  return try sorted.atRoot { Array($0.prefix(count)) }.broadcast()
}
