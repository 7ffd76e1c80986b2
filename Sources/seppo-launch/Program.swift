import Foundation
import SeppoLaunch

/// The program that the user has named: an executable, or a product of the package.
struct Program {
  private let options: LaunchOptions
  private let settings: LaunchSettings

  init(_ options: LaunchOptions, _ settings: LaunchSettings) {
    self.options = options
    self.settings = settings
  }

  /// Builds it if it is a product.
  ///
  /// - Returns: the path of the executable.
  func prepare() throws -> String {
    let name = options.words[0]
    guard name.contains("/") else { return try build(name) }
    let path = URL(fileURLWithPath: name).standardizedFileURL.path
    guard FileManager.default.isExecutableFile(atPath: path), !isFolder(path) else {
      throw Misuse(
        "there is no executable '\(name)': build it before, or type the name of one of the package's programs")
    }
    return path
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private func build(_ name: String) throws -> String {
    guard let package = settings.package, let scratch = settings.scratch else {
      throw Misuse("'\(name)' is no path: type ./\(name) for an executable, or start it by mpi-run.sh")
    }
    try check(name, in: package, scratch)
    let configuration = options.isDebug ? "debug" : "release"
    var words = ["swift", "build", "--package-path", package, "--scratch-path", scratch]
    if let folder = settings.libraryFolder { words += ["-Xlinker", "-rpath", "-Xlinker", folder] }
    words += ["-c", configuration]
    let status = try Child.start(words + ["--product", name], input: "/dev/null", printsErrors: true).wait()
    if status != 0 { throw LaunchFailure(text: "", status: Int32(status)) }
    let usual = "\(scratch)/\(configuration)/\(name)"
    if FileManager.default.isExecutableFile(atPath: usual) { return usual }
    // Another SwiftPM build system may use another folder.
    return try "\(Child.output(of: words + ["--show-bin-path"]))/\(name)"
  }

  /// Reads the text of the manifest first: SwiftPM would be too slow for reporting a typing error.
  private func check(_ name: String, in package: String, _ scratch: String) throws {
    let text = LaunchSettings.read("\(package)/Package.swift") ?? ""
    let manifest = ManifestPrograms(text: text)
    if manifest.names.contains(name) { return }
    // The manifest may make names by code.
    let described = try Child.output(
      of: ["swift", "package", "--package-path", package, "--scratch-path", scratch, "describe", "--type", "json"])
    let programs = ManifestPrograms(described: described, else: manifest)
    if !programs.names.contains(name) { throw programs.misuse(name) }
  }
}
