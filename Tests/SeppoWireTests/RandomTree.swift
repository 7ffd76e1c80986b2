import Foundation

/// A random value with all primitive types, all kinds of containers, and nested optionals.
indirect enum RandomTree: Codable, Equatable {
  case nothing
  case flag(Bool)
  case integer(Int)
  case small(Int8, UInt8)
  case middle(Int16, UInt16, Int32, UInt32)
  case large(Int64, UInt64, Int128, UInt128)
  case double(Bits<Double>)
  case float(Bits<Float>, Bits<Float16>)
  case text(String)
  case bytes(Data)
  case date(Date)
  case list([RandomTree])
  case object([String: RandomTree])
  case numbered([Int: RandomTree?])
  case optional(RandomTree?, twice: RandomTree??)
  case doubles([Bits<Double>])
  case integers([Int64], [UInt16])
  case texts([[String]])
  case vector(SIMD4<UInt32>, [SIMD3<Int8>])
  case boxed(TreeBox)
  case dictionary([Int8?: RandomTree])
  case shuffled(Shuffled)
  case identifier(UUID, Decimal)

  static func random(depth: Int, _ generator: inout SeededGenerator) -> RandomTree {
    func any<I: FixedWidthInteger>() -> I {
      // Numbers of every magnitude, not only large ones.
      I(truncatingIfNeeded: UInt128.random(in: .min ... .max, using: &generator))
        >> I.random(in: 0..<I(I.bitWidth), using: &generator)
    }
    func text() -> String {
      String(
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in "aé𝄞\0👩‍👧\u{301} ".randomElement(using: &generator)! })
    }
    func tree() -> RandomTree { random(depth: depth - 1, &generator) }
    func several<T>(_ make: () -> T) -> [T] { (0..<Int.random(in: 0...4, using: &generator)).map { _ in make() } }
    func maybe<T>(_ make: () -> T) -> T? { Bool.random(using: &generator) ? make() : nil }
    switch Int.random(in: 0..<(depth > 0 ? 23 : 16), using: &generator) {
    case 0: return .nothing
    case 1: return .flag(.random(using: &generator))
    case 2: return .integer(any())
    case 3: return .small(any(), any())
    case 4: return .middle(any(), any(), any(), any())
    case 5: return .large(any(), any(), any(), any())
    case 6: return .double(Bits(Double(bitPattern: any())))
    case 7: return .float(Bits(Float(bitPattern: any())), Bits(Float16(bitPattern: any())))
    case 8: return .text(text())
    case 9: return .bytes(Data(several { any() }))
    case 10: return .date(Date(timeIntervalSinceReferenceDate: Double(any() as Int32) / 7))
    case 11: return .doubles(several { Bits(Double(bitPattern: any())) })
    case 12: return .integers(several { any() }, several { any() })
    case 13: return .texts(several { several { text() } })
    case 14: return .vector(SIMD4(any(), any(), any(), any()), several { SIMD3(any(), any(), any()) })
    case 15:
      return .identifier(
        UUID(uuid: (any(), any(), any(), any(), any(), any(), any(), any(), 0, 0, 0, 0, 0, 0, 0, any())),
        Decimal(any() as Int) / 1_000)
    case 16: return .list(several { tree() })
    case 17: return .object(Dictionary(several { (text(), tree()) }) { a, _ in a })
    case 18: return .numbered(Dictionary(several { (any(), maybe { tree() }) }) { a, _ in a })
    case 19: return .optional(maybe { tree() }, twice: maybe { maybe { tree() } })
    case 20: return .boxed(TreeBox(tree(), next: maybe { TreeBox(tree(), next: nil) }))
    case 21: return .dictionary(Dictionary(several { (maybe { any() }, tree()) }) { a, _ in a })
    default: return .shuffled(Shuffled(seed: any()))
    }
  }
}

final class TreeBox: Codable, Equatable {
  let tree: RandomTree
  let next: TreeBox?
  init(_ tree: RandomTree, next: TreeBox?) { (self.tree, self.next) = (tree, next) }
  static func == (a: TreeBox, b: TreeBox) -> Bool { a.tree == b.tree && a.next == b.next }
}
