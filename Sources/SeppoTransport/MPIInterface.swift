internal import CMPI

/// The binary interface for which a program was compiled: which MPI libraries it can be run with.
package struct MPIInterface: Sendable, Equatable, CustomStringConvertible {
  package enum Family: Sendable {
    /// The ABI of the MPI 5.0 standard, which any library can have. The system's loader looks for it by name, `libmpi_abi`.
    case standard
    /// Open MPI keeps its interface within a major version.
    case openMPI
    /// The one that MPICH, Intel MPI, Cray MPICH and MVAPICH have agreed on (https://www.mpich.org/abi).
    case mpich
  }

  package let family: Family
  package let version: Int
  /// The release of the headers, such as 40104 for 4.1.4.
  package let release: Int

  package init(_ family: Family, version: Int, release: Int) {
    self.family = family
    self.version = version
    self.release = release
  }

  /// That of the headers used at compile time.
  package static var compiled: MPIInterface {
    let family: Family =
      switch seppo_abi() {
      case SEPPO_ABI_STANDARD: .standard
      case SEPPO_ABI_OPEN_MPI: .openMPI
      default: .mpich
      }
    return MPIInterface(family, version: Int(seppo_abi_version()), release: Int(seppo_mpi_release()))
  }

  package var description: String {
    let numbers = "\(release / 10_000).\(release / 100 % 100).\(release % 100)"
    return switch family {
    case .standard: "the ABI \(version) of the MPI standard"
    case .openMPI: "Open MPI \(numbers)"
    // Intel's releases are years.
    case .mpich: release >= 20_000_000 ? "Intel MPI \(numbers)" : "MPICH \(numbers)"
    }
  }

  package func check(_ library: MPILibrary) throws(MPIStartError) {
    let fits =
      switch family {
      case .standard: true
      case .openMPI: library.openMPIVersion == version
      case .mpich: library.descendsFromMPICH
      }
    if !fits { throw .otherLibrary(compiled: self, loaded: library.description) }
  }
}

/// The MPI library that is loaded, by the text of `MPI_Get_library_version`: "Open MPI v4.1.4, package: …".
package struct MPILibrary: Sendable, CustomStringConvertible {
  private let text: String

  package init(text: String) { self.text = text }

  package static var loaded: MPILibrary {
    let text = readText(capacity: seppo_max_library_version_string()) { MPI_Get_library_version($0, $1) }
    return MPILibrary(text: text ?? "an unknown library")
  }

  /// Its name and version, without what else it tells.
  package var description: String {
    let words = text.prefix { $0 != "," && $0 != "\n" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
    return words.filter { !["Version", "Version:", ":"].contains($0) }.joined(separator: " ").replacing(
      " for Linux* OS", with: "")
  }

  /// The major version, if it is Open MPI.
  package var openMPIVersion: Int? {
    guard text.hasPrefix("Open MPI v") else { return nil }
    return Int(text.dropFirst("Open MPI v".count).prefix(while: \.isNumber))
  }

  package var descendsFromMPICH: Bool {
    ["MPICH", "Intel(R) MPI", "MVAPICH"].contains { text.contains($0) }
  }
}
