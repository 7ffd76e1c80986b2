import Foundation
import Testing

@testable import SeppoMPI

private struct Refused: LocalizedError {
  var errorDescription: String? { "the file server refuses" }
}

private struct WithoutText: LocalizedError, CustomStringConvertible {
  var errorDescription: String? { nil }
  var description: String { "no localised text" }
}

private struct Plain: Error { var code = 3 }

@Suite("The text of an item's error")
struct ErrorTextTests {
  @Test(
    "It is the localised description if there is one, else the description",
    arguments: [
      (Refused(), "the file server refuses"), (WithoutText(), "no localised text"), (Plain(), "Plain(code: 3)"),
    ] as [(any Error, String)])
  func text(_ thrown: any Error, _ text: String) {
    let error = ItemError(thrown, index: 0, rank: 0, host: "here", place: "here:1")
    #expect(error.description == text)
  }
}
