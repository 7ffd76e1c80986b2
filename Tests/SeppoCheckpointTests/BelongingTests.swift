import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A checkpoint belongs to its work")
struct BelongingTests {
  let folder = try! Folder()
  let work = CheckpointWork.of(Array(0..<10))

  /// Not by the program that these tests are.
  private func storeByAnother(_ work: CheckpointWork, label: String? = nil) throws {
    try folder.store(5, of: work, label: label)
    try folder.ask("UPDATE calls SET program = 'another'")
  }

  private func stored(_ work: CheckpointWork, label: String? = nil) throws -> Int {
    let journal = try SQLiteStore(folder.file(), label: label).open(for: work)
    defer { journal.close() }
    return journal.stored
  }

  @Test("Other items are refused, in words that say what differs; and nothing is changed")
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
          now: "the same number of items with other values"))
    guard case .otherWork(_, _, let stored, let now) = refusal(folder.file(), .of(Array(0..<10), element: "Int8"))
    else {
      Issue.record("not refused")
      return
    }
    #expect(stored == "items of type Int" && now == "of type Int8")
    #expect(try folder.bytes() == before)
  }

  @Test("Results of another type, or in another form, are refused; and nothing is changed")
  func otherType() throws {
    try folder.store(5, of: work)
    let before = try folder.bytes()
    #expect(
      refusal(folder.file(), .of(Array(0..<10), result: "Float"))
        == .otherType(file: folder.file(), label: "Fits/Fits.swift:12", stored: "Double", now: "Float"))
    guard case .otherType = refusal(folder.file(), .of(Array(0..<10), form: "wire")) else {
      Issue.record("not refused")
      return
    }
    #expect(try folder.bytes() == before)
  }

  @Test(
    "Results of a type that was edited are refused, in words that say where; without results it is the new type's file")
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

  @Test("A program's other calls, by line or by label, have rows of their own in the same file")
  func twoCalls() throws {
    try folder.store(5, of: work)
    // The very same items: only the line differs.
    try folder.store(3, of: .of(Array(0..<10), at: "Fits/Fits.swift:20"))
    try folder.store(4, of: .of(Array(0..<7), at: "Fits/Other.swift:1", result: "Int"), label: "counts")
    #expect(try stored(work) == 5)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:20")) == 3)
    #expect(try stored(.of(Array(0..<7), at: "Fits/Elsewhere.swift:1", result: "Int"), label: "counts") == 4)
    #expect(try folder.ask("SELECT label, count(*) FROM results GROUP BY label ORDER BY min(item), 2") != "")
    #expect(try folder.ask("SELECT count(*) FROM calls") == "3\n")
  }

  @Test("A line that has moved in another build isn't taken for another's; the error says which label goes on with it")
  func moved() throws {
    try storeByAnother(work)
    let moved = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:99")
    guard case .otherWork(_, _, _, let now) = refusal(folder.file(), moved) else {
      Issue.record("not refused")
      return
    }
    #expect(now.contains("label: \"Fits/Fits.swift:12\" says that it is that one"))
    #expect(try stored(moved, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:98"), label: "a new one") == 0)
  }

  @Test("The same call again in one run, as in a loop, is another: by its line, by its label, and after a new build")
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

  @Test("Another call is one that maps other items")
  func notMoved() throws {
    try storeByAnother(work)
    #expect(try stored(.of(Array(1..<11), at: "Fits/Fits.swift:99")) == 0)
  }

  @Test("Where a source file, or the module, has another name, it is as where a line has moved")
  func renamed() throws {
    try storeByAnother(work)
    for place in ["Fits/Renamed.swift:12", "Fits/Renamed.swift:31", "Stars/Fits.swift:12"] {
      let renamed = CheckpointWork.of(Array(0..<10), at: place)
      guard case .otherWork(_, _, _, let now) = refusal(folder.file(), renamed) else {
        Issue.record("\(place) is not refused")
        continue
      }
      #expect(now.contains("label: \"Fits/Fits.swift:12\" says that it is that one"))
    }
    let renamed = CheckpointWork.of(Array(0..<10), at: "Fits/Renamed.swift:12")
    #expect(try stored(renamed, label: "Fits/Fits.swift:12") == 5)
  }

  @Test("The same items in another order are said to be that, with what to do")
  func otherOrder() throws {
    try folder.store(5, of: work)
    let before = try folder.bytes()
    let error = refusal(folder.file(), .of((0..<10).reversed()))
    #expect(error.map { "\($0)" }?.contains("the same items in another order") == true, "\(String(describing: error))")
    #expect(error.map { "\($0)" }?.contains("sort") == true, "\(String(describing: error))")
    // Also where it was meant from now on only.
    guard case .otherOrder = refusal(folder.file(), .of((0..<10).reversed()), resume: .perItem) else {
      Issue.record("not said to be another order")
      return
    }
    for others in [[0, 1, 2, 3, 4, 5, 6, 7, 8, 8], [0, 0, 0, 0, 0, 9, 9, 9, 9, 9]] {
      guard case .otherWork(_, _, _, "the same number of items with other values") = refusal(folder.file(), .of(others))
      else {
        Issue.record("\(others) are no others")
        continue
      }
    }
    #expect(try folder.bytes() == before)
  }

  @Test("In the same program nothing has moved: another line is another call")
  func anotherLineOfTheSameProgram() throws {
    try folder.store(5, of: work)
    #expect(try stored(.of(Array(0..<10), at: "Fits/Fits.swift:99")) == 0)
  }

  @Test("Two that differ in their lines only aren't told apart by these when the program was edited; labels do it")
  func twins() throws {
    let second = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:14")
    try folder.store(5, of: work)
    try folder.store(3, of: second)
    #expect(try stored(work) == 5)
    try folder.ask("UPDATE calls SET program = 'another'")
    guard case .otherWork(_, _, let before, let now) = refusal(folder.file(), second) else {
      Issue.record("not refused")
      return
    }
    #expect(before.hasPrefix("one of 2 maps of the same items") && now.contains("label: \"Fits/Fits.swift:14\" says"))
    guard case .otherWork = refusal(folder.file(), second, label: "a new one") else {
      Issue.record("not refused")
      return
    }
    #expect(try stored(second, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(work, label: "Fits/Fits.swift:14") == 3)
  }

  @Test("Another program is refused, where no label says that it's meant")
  func otherProgram() throws {
    try folder.store(5, of: work)
    guard
      case .otherWork(_, _, let stored, let now) = refusal(
        folder.file(), .of(Array(0..<10), at: "Stars/Stars.swift:12"))
    else {
      Issue.record("not refused")
      return
    }
    #expect(stored == "a map of the program Fits" && now == "one of Stars")
    #expect(refusal(folder.file(), .of(Array(0..<10), at: "Stars/Stars.swift:12"), label: "stars") == nil)
  }

  @Test("A label finds its call wherever that stands")
  func labels() throws {
    try folder.store(5, of: work, label: "fits")
    #expect(try stored(.of(Array(0..<10), at: "Fits/Moved.swift:1"), label: "fits") == 5)
    #expect(
      refusal(folder.file(), .of(Array(0..<12)), label: "fits")
        == .otherWork(file: folder.file(), label: "fits", stored: "10 items", now: "12 items"))
  }

  @Test(
    "A call with a label isn't the one of its line without: they are two calls of one function, in one run and in two")
  func labelBesideLine() throws {
    try folder.store(5, of: work)
    try folder.store(3, of: work, label: "hundred")
    #expect(try stored(work) == 5)
    #expect(try stored(work, label: "hundred") == 3)
    #expect(try stored(work, label: "thousand") == 0)
  }

  @Test(
    "Where the program was edited, a label on the line of a call that had none is refused; its line as a label goes on")
  func labelAdded() throws {
    try folder.store(5, of: work)
    try folder.ask("UPDATE calls SET program = 'another'")
    guard case .otherWork(_, _, _, let now) = refusal(folder.file(), work, label: "fits") else {
      Issue.record("not refused")
      return
    }
    #expect(now.contains("label: \"Fits/Fits.swift:12\" says that it is that one"))
    #expect(try stored(work, label: "Fits/Fits.swift:12") == 5)
    #expect(try stored(work, label: "fits") == 0)
  }

  @Test("A map that is put on another's line is found out when the other comes, in each run")
  func lineTaken() throws {
    try folder.store(5, of: work)
    try folder.ask("UPDATE calls SET program = 'another'")
    let moved = CheckpointWork.of(Array(0..<10), at: "Fits/Fits.swift:13")
    for _ in 0..<2 {
      // Nothing says yet that it isn't the same.
      #expect(try stored(work) == 5)
      guard case .otherWork(_, _, let before, let now) = refusal(folder.file(), moved) else {
        Issue.record("not refused")
        return
      }
      #expect(
        before.hasPrefix("a map of the same items at Fits/Fits.swift:12") && now.contains("says that it is that one"))
    }
  }
}
