// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Chaos",
  dependencies: [.package(path: "../seppo")],
  targets: [
    .executableTarget(
      name: "Chaos",
      dependencies: [
        .product(name: "SeppoMPI", package: "seppo"),
        .product(name: "SeppoCheckpoint", package: "seppo"),
      ])
  ]
)
