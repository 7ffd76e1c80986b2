import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A checkpoint is used only for its own work")
struct WorkMatchingTests {
  let folder = try! TemporaryFolder()
  let work = CheckpointWork.of(Array(0..<10))

  /// Stores results as if by another build of the program.
  private func storeFromAnotherBuild(_ work: CheckpointWork, label: String? = nil) throws {
    try folder.store(5, of: work, label: label)
    try folder.query("UPDATE calls SET program = 'another'")
  }

  private func stored(_ work: CheckpointWork, label: String? = nil) throws -> Int {
    let journal = try SQLiteStore(folder.file(), label: label).open(for: work)
    defer { journal.close() }
    return journal.stored
  }

  @Test("Other items are rejected with an error that names the difference, and the file is unchanged")
  func otherItems() throws {
    try folder.store(5, of: work)
    let before = try folder.bytes()
    #expect(
      refusal(folder.file(), .of(Array(0..<12)))
        == .otherWork(file: folder.file(), label: "Fits/Fits.swift:12", stored: "10 items", now: "12 items"))
    #expect(
      refusal(folder.file(), .of(Array(1..<11)))
        == .otherWork(
          file: folder.file(), label: "Fits/Fits.swift:12", stored: "10 items",
          now: "the same number of items with different values"))
    guard case .otherWork(_, _, let stored, let now) = refusal(folder.file(), .of(Array(0..<10), element: "Int8"))
    else {
      Issue.record("not rejected")
      return
    }
    #expect(stored == "items of type Int" && now == "of type Int8")
    #expect(try folder.bytes() == before)
  }

  @Test("Results of another type or in another form are rejected, and the file is unchanged")
  func otherType() throws {
    try folder.store(5, of: work)
    let before = try folder.bytes()
    #expect(
      refusal(folder.file(), .of(Array(0..<10), result: "Float"))
        == .otherType(file: folder.file(), label: "Fits/Fits.swift:12", stored: "Double", now: "Float"))
    guard case .otherType = refusal(folder.file(), .of(Array(0..<10), form: "wire")) else {
      Issue.record("not rejected")
      return
    }
    #expect(try folder.bytes() == before)
  }

  @Test("A result type that has changed is rejected with an error that names the change, unless there are no results")
  func editedType() throws {
    func work(_ peak: String) -> CheckpointWork {
      .of(Array(0..<10), shape: "Array<Fit>\nFit\n  name: String\n  peak: \(peak)\n  width: Int")
    }
    try folder.store(0, of: work("Int8"))
    try folder.store(5, of: work("Double"))
    let before = try folder.bytes()
    #expect(
      refusal(folder.file(), work("Float"))
        == .otherType(
          file: folder.file(), label: "Fits/Fits.swift:12", stored: "Array<Fit> with Fit { …, peak: Double, … }",
          now: "Array<Fit> with Fit { …, peak: Float, … }"))
    #expect(try folder.bytes() == before)
    #expect(try stored(work("Double")) == 5)
  }

  @Test("Calls of a program with other lines or labels have their own rows in the same file")
  func twoCalls() throws {
    try folder.store(5, of: work)
    // The same items; only the line differs.
    try folder.store(3, of: .of(Array(0..<10), at: "Fits/Fits.swift:20"))
    try folder.store(4, of: .of(Array(0..<7), at: "Fits/Other.swift:1", result: "Int"), label: "counts")
    #expect(try stored(work) == 5)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:20")) == 3)
    #expect(try stored(.of(Array(0..<7), at: "Fits/Elsewhere.swift:1", result: "Int"), label: "counts") == 4)
    #expect(try folder.query("SELECT label, count(*) FROM results GROUP BY label ORDER BY min(item), 2") != "")
    #expect(try folder.query("SELECT count(*) FROM calls") == "3\n")
  }

  @Test("A line that has moved in another build is rejected, and the error names the label that resumes the call")
  func moved() throws {
    try storeFromAnotherBuild(work)
    let moved = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:99")
    guard case .otherWork(_, _, _, let now) = refusal(folder.file(), moved) else {
      Issue.record("not rejected")
      return
    }
    #expect(now.contains("use label: \"Fits/Fits.swift:12\""))
    #expect(try stored(moved, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:98"), label: "a new one") == 0)
  }

  @Test("Repeated calls in one run, as in a loop, are separate calls, by line and by label")
  func rounds() throws {
    func again(_ round: Int) -> CheckpointWork { .of(Array(0..<10), round: round) }
    try folder.store(5, of: again(1))
    try folder.store(3, of: again(2))
    try folder.store(2, of: again(1), label: "fits of all")
    try folder.store(1, of: again(2), label: "fits of all")
    #expect(try stored(again(1)) == 5)
    #expect(try stored(again(2)) == 3)
    #expect(try stored(again(3)) == 0)
    #expect(try stored(again(1), label: "fits of all") == 2)
    #expect(try stored(again(2), label: "fits of all") == 1)
    #expect(try stored(again(3), label: "fits of all") == 0)
  }

  @Test("A call at another line that maps other items is a new call")
  func notMoved() throws {
    try storeFromAnotherBuild(work)
    #expect(try stored(.of(Array(1..<11), at: "Fits/Fits.swift:99")) == 0)
  }

  @Test("A renamed source file or module is treated like a line that has moved")
  func renamed() throws {
    try storeFromAnotherBuild(work)
    for place in ["Fits/Renamed.swift:12", "Fits/Renamed.swift:31", "Stars/Fits.swift:12"] {
      let renamed = CheckpointWork.of(Array(0..<10), at: place)
      guard case .otherWork(_, _, _, let now) = refusal(folder.file(), renamed) else {
        Issue.record("\(place) is not rejected")
        continue
      }
      #expect(now.contains("use label: \"Fits/Fits.swift:12\""))
    }
    let renamed = CheckpointWork.of(Array(0..<10), at: "Fits/Renamed.swift:12")
    #expect(try stored(renamed, label: "Fits/Fits.swift:12") == 5)
  }

  @Test("Reordered items are rejected with an error that says so and suggests a solution")
  func otherOrder() throws {
    try folder.store(5, of: work)
    let before = try folder.bytes()
    let error = refusal(folder.file(), .of((0..<10).reversed()))
    #expect(error.map { "\($0)" }?.contains("the same items in another order") == true, "\(String(describing: error))")
    #expect(error.map { "\($0)" }?.contains("sort") == true, "\(String(describing: error))")
    // Also if `.perItem` is requested only now.
    guard case .otherOrder = refusal(folder.file(), .of((0..<10).reversed()), resume: .perItem) else {
      Issue.record("not reported as another order")
      return
    }
    for others in [[0, 1, 2, 3, 4, 5, 6, 7, 8, 8], [0, 0, 0, 0, 0, 9, 9, 9, 9, 9]] {
      guard
        case .otherWork(_, _, _, "the same number of items with different values") = refusal(folder.file(), .of(others))
      else {
        Issue.record("\(others) are not rejected as other items")
        continue
      }
    }
    #expect(try folder.bytes() == before)
  }

  @Test("In the same build, another line is another call")
  func anotherLineOfTheSameProgram() throws {
    try folder.store(5, of: work)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:99")) == 0)
  }

  @Test("After an edit, calls that differ only in line are rejected as ambiguous; labels resolve the ambiguity")
  func twins() throws {
    let second = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:14")
    try folder.store(5, of: work)
    try folder.store(3, of: second)
    #expect(try stored(work) == 5)
    try folder.query("UPDATE calls SET program = 'another'")
    guard case .otherWork(_, _, let before, let now) = refusal(folder.file(), second) else {
      Issue.record("not rejected")
      return
    }
    #expect(before.hasPrefix("one of 2 maps of the same items") && now.contains("use label: \"Fits/Fits.swift:14\""))
    guard case .otherWork = refusal(folder.file(), second, label: "a new one") else {
      Issue.record("not rejected")
      return
    }
    #expect(try stored(second, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(work, label: "Fits/Fits.swift:14") == 3)
  }

  @Test("Another program is rejected without a label")
  func otherProgram() throws {
    try folder.store(5, of: work)
    guard
      case .otherWork(_, _, let stored, let now) = refusal(
        folder.file(), .of(Array(0..<10), at: "Stars/Stars.swift:12"))
    else {
      Issue.record("not rejected")
      return
    }
    #expect(stored == "a map of the program Fits" && now == "one of the program Stars")
    #expect(refusal(folder.file(), .of(Array(0..<10), at: "Stars/Stars.swift:12"), label: "stars") == nil)
  }

  @Test("A label identifies its call at any line")
  func labels() throws {
    try folder.store(5, of: work, label: "fits")
    #expect(try stored(.of(Array(0..<10), at: "Fits/Moved.swift:1"), label: "fits") == 5)
    #expect(
      refusal(folder.file(), .of(Array(0..<12)), label: "fits")
        == .otherWork(file: folder.file(), label: "fits", stored: "10 items", now: "12 items"))
  }

  @Test("A call with a label and a call without on the same line are two calls")
  func labelBesideLine() throws {
    try folder.store(5, of: work)
    try folder.store(3, of: work, label: "hundred")
    #expect(try stored(work) == 5)
    #expect(try stored(work, label: "hundred") == 3)
    #expect(try stored(work, label: "thousand") == 0)
  }

  @Test("After an edit, a label added to an unlabeled call is rejected, and the call's line as label resumes it")
  func labelAdded() throws {
    try folder.store(5, of: work)
    try folder.query("UPDATE calls SET program = 'another'")
    guard case .otherWork(_, _, _, let now) = refusal(folder.file(), work, label: "fits") else {
      Issue.record("not rejected")
      return
    }
    #expect(now.contains("use label: \"Fits/Fits.swift:12\""))
    #expect(try stored(work, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(work, label: "fits") == 0)
  }

  @Test("A map inserted at another's line is detected when the other map is called, in each run")
  func lineTaken() throws {
    try folder.store(5, of: work)
    try folder.query("UPDATE calls SET program = 'another'")
    let moved = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:13")
    for _ in 0..<2 {
      // Nothing distinguishes it from the stored call yet.
      #expect(try stored(work) == 5)
      guard case .otherWork(_, _, let before, let now) = refusal(folder.file(), moved) else {
        Issue.record("not rejected")
        return
      }
      #expect(
        before.hasPrefix("a map of the same items at Fits/Fits.swift:12")
          && now.contains("If it is the same, use label:"))
    }
  }
}
