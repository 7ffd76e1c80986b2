import Foundation
import SeppoMPI

let bigLaws = [
  Law("items and results of 8 MB are sent") {
    // Split into pieces of 1 KiB, 8 MB would take too long.
    let count = getenv("SEPPO_SPLIT_BYTES") == nil ? 1_000_000 : 100_000
    let items = (0..<4).map { index in [Double(index), 0.5] + [Double](repeating: 0.25, count: count - 3) + [7] }
    let results = try items.parallel(chunk: .items(1)).map { values in values + [Double(values.count)] }
    try requireEqual(results, items.map { $0 + [Double(count)] })
  },
  Law("many large messages are sent at once, both ways") {
    let items = (0..<24).map { [UInt8](repeating: UInt8($0), count: 200_000) }
    let results = try items.parallel(chunk: .items(1)).map { bytes in bytes + bytes }
    try requireEqual(results, items.map { $0 + $0 })
  },
  // Needs about 12 GB in all, so it runs on request only, on two ranks.
  Law("alone: an item of more than 2³¹ bytes is sent") {
    let count = 290_000_000
    // Two items, so that one of them goes to the other rank.
    let items: [[Double]] =
      Seppo.isRoot
      ? [
        [1],
        [Double](unsafeUninitializedCapacity: count) { memory, initialized in
          for index in 0..<count { memory.initializeElement(at: index, to: Double(index)) }
          initialized = count
        },
      ] : []
    let results = try items.parallel(chunk: .items(1)).map { values -> [Double] in
      // Keeps rank 0 busy with the short item.
      if values.count == 1 { usleep(3_000_000) }
      return [Double(values.count), values[values.count - 1], values[values.count / 2], Double(Seppo.rank)]
    }
    try requireEqual(results[0], [1, 1, 1, 0])
    try requireEqual(results[1], [Double(count), Double(count - 1), Double(count / 2), 1])
  },
]
