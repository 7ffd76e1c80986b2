import SeppoMPI

let sizeLaws =
  [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 97, 1_009, 100_003].map { count in
    Law("\(count) items") {
      let items = (0..<count).map { Double($0) * 0.5 }
      try holdEqual(try items.mapParallel { $0 * $0 }, items.map { $0 * $0 })
      try holdEqual(try items.mapParallel { "\($0)" }, items.map { "\($0)" })
    }
  } + [
    Law("empty collections of every kind") {
      try holdEqual(try [Int]().mapParallel { $0 }, [])
      try holdEqual(try (0..<0).mapParallel { "\($0)" }, [])
      try holdEqual(try Set<String>().mapParallel { $0 }, [])
      try holdEqual(try [Int]().parallel().mapAtRoot { $0 }.value, Seppo.isRoot ? [] : nil)
    }
  ]
