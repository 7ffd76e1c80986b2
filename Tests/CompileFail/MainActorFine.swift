// compiles
// flags: -default-isolation MainActor
import SeppoMPI

nonisolated struct Item: Codable { var value = 1.0 }
nonisolated func double(_ item: Item) -> Item { Item(value: item.value * 2) }

func program() throws {
  let items = try [1.0, 2.0].mapParallel { Item(value: $0) }
  _ = try items.mapParallel(double)
  _ = try items.parallel(threads: 2).map { double($0) }
  _ = try items.mapParallel { item in
    let value = double(item).value
    return value + 1
  }
  let shared: Item = try Seppo.atRoot { Item() }.broadcast()
  print(shared)
}
