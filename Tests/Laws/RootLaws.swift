import SeppoMPI

private struct Refused: Error {}

let rootLaws = [
  Law("atRoot runs on rank 0 only") {
    let ran = try Seppo.atRoot { Seppo.rank }
    try requireEqual(ran.value, Seppo.isRoot ? 0 : nil)
  },
  Law("broadcast returns the value on every rank") {
    try requireEqual(try Seppo.atRoot { ["rank": Seppo.rank, "pid": 7] }.broadcast(), ["rank": 0, "pid": 7])
    try requireEqual(try Seppo.atRoot { "" }.broadcast(), "")
    try requireEqual(try Seppo.atRoot { [Double](repeating: 1.5, count: 100_000) }.broadcast().count, 100_000)
    try requireEqual(try Seppo.atRoot { nil as Int? }.broadcast(), nil)
  },
  Law("an error in atRoot is thrown on every rank") {
    let error = try errorOf { try Seppo.atRoot { throw Refused() } }
    guard case .rootThrew(let body) = error, body.type == "Refused", body.description == "Refused()" else {
      throw LawError(description: "\(error)")
    }
    try require(body.place.contains("RootLaws.swift:"), body.place)
    try requireEqual(try [1, 2].mapParallel { $0 }, [1, 2])
  },
  Law("an AtRoot's atRoot runs on rank 0 with its value") {
    let table = try Seppo.atRoot { [3, 1, 2] }
    let sorted = try table.atRoot { $0.sorted() }
    let text = try sorted.atRoot { "\($0)" }
    try requireEqual(try text.broadcast(), "[1, 2, 3]")
    let error = try errorOf { try sorted.atRoot { _ in throw Refused() } }
    guard case .rootThrew = error else { throw LawError(description: "\(error)") }
  },
  Law("a collection that only rank 0 has is mapped by all ranks") {
    let words = try Seppo.atRoot { (0..<300).map { "word \($0)" } }
    try requireEqual(try words.mapParallel { $0.count }, (0..<300).map { "word \($0)".count })
    try requireEqual(try words.parallel(chunk: .items(7)).map { $0 }, (0..<300).map { "word \($0)" })
    let kept = try words.parallel().atRoot.map { $0.utf8.count }
    try requireEqual(kept.value, Seppo.isRoot ? (0..<300).map { "word \($0)".utf8.count } : nil)
  },
  Law("atRoot.map keeps the results on rank 0") {
    let results = try (0..<1_000).parallel().atRoot.map { "\($0)" }
    try requireEqual(results.value, Seppo.isRoot ? (0..<1_000).map { "\($0)" } : nil)
    try requireEqual(try results.atRoot { $0.count }.broadcast(), 1_000)
    let error = try errorOf {
      try (0..<100).parallel().atRoot.map { item -> Int in
        if item == 42 { throw Refused() }
        return item
      }
    }
    guard case .itemThrew(let item) = error, item.index == 42, item.type == "Refused" else {
      throw LawError(description: "\(error)")
    }
  },
  Law("a map inside atRoot runs on rank 0 only") {
    let results = try Seppo.atRoot { try (0..<5).mapParallel { ($0, Seppo.rank).0 * 2 } }
    try requireEqual(results.value, Seppo.isRoot ? [0, 2, 4, 6, 8] : nil)
  },
  Law("collective calls inside atRoot are errors") {
    let error = try errorOf { try Seppo.atRoot { _ = try Seppo.atRoot { 1 } } }
    guard case .nested(let call) = error, (call.call, call.inside) == ("atRoot", "atRoot") else {
      throw LawError(description: "\(error)")
    }
  },
  Law("rank, size and host are known, inside an item too", withoutCheck: true) {
    try requireEqual(Seppo.hostName, hostName(ofRank: Seppo.rank))
    let answers = try (0..<20).mapParallel { _ in ["\(Seppo.rank)", "\(Seppo.size)", Seppo.hostName] }
    let wanted = (0..<Seppo.size).map { ["\($0)", "\(Seppo.size)", hostName(ofRank: $0)] }
    try require(answers.allSatisfy { wanted.contains($0) }, "\(answers)")
  },
]
