import Foundation
import Testing

@testable import SeppoMPI

private struct Refused: LocalizedError {
  var errorDescription: String? { "the file server refuses" }
}

private struct Silent: LocalizedError, CustomStringConvertible {
  var errorDescription: String? { nil }
  var description: String { "silent by itself" }
}

private struct Plain: Error { var code = 3 }

@Suite("What an item's error says")
struct ErrorTextTests {
  @Test(
    "A LocalizedError's own text, else the description",
    arguments: [
      (Refused(), "the file server refuses"), (Silent(), "silent by itself"), (Plain(), "Plain(code: 3)"),
    ] as [(any Error, String)])
  func text(_ thrown: any Error, _ text: String) {
    let error = ItemError(thrown, index: 0, rank: 0, host: "here", place: "here:1")
    #expect(error.description == text)
  }
}
