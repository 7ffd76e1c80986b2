// swift-tools-version: 6.2
// Programs outside the package, which can use only public names: one for each form of a main function. And a library with its
// tests.
import PackageDescription

let package = Package(
  name: "Consumers",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Seppo", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: ["Design", "PlainMain", "AsyncMain", "Parsable", "AsyncParsable", "MainActorMain", "Script"].map { name in
    .executableTarget(
      name: name,
      dependencies: [
        .product(name: "SeppoMPI", package: "Seppo"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  } + [
    .target(
      name: "Fits", dependencies: [.product(name: "SeppoMPI", package: "Seppo")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "FitsTests", dependencies: ["Fits", .product(name: "SeppoMPI", package: "Seppo")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)
