/// A tree of containers that is written in a random order, switching between the open containers.
///
/// Its content is stored as a plain tree, for comparison.
struct Shuffled: Codable, Equatable {
  indirect enum Plan: Equatable {
    case number(Int)
    case text(String)
    case keyed([String: Plan])
    case list([Plan])
  }

  var plan: Plan
  var seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    plan = .keyed(Shuffled.fields(depth: 4, &generator))
  }

  private static func fields(depth: Int, _ generator: inout SeededGenerator) -> [String: Plan] {
    var fields: [String: Plan] = [:]
    for index in 0..<Int.random(in: 0...4, using: &generator) { fields["k\(index)"] = make(depth: depth, &generator) }
    return fields
  }

  private static func make(depth: Int, _ generator: inout SeededGenerator) -> Plan {
    switch Int.random(in: 0..<(depth > 0 ? 5 : 2), using: &generator) {
    case 0: .number(.random(in: -1_000...1_000, using: &generator))
    case 1: .text(String(repeating: "t", count: .random(in: 0...300, using: &generator)))
    case 2, 3: .keyed(fields(depth: depth - 1, &generator))
    default: .list((0..<Int.random(in: 0...4, using: &generator)).map { _ in make(depth: depth - 1, &generator) })
    }
  }

  /// An open container, with the content that has not been written yet.
  private enum Open {
    case keyed(KeyedEncodingContainer<AnyKey>, [(String, Plan)])
    case list(any UnkeyedEncodingContainer, [Plan])
    case later(any Encoder, Plan)

    var isDone: Bool {
      switch self {
      case .keyed(_, let rest): rest.isEmpty
      case .list(_, let rest): rest.isEmpty
      case .later: false
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var generator = SeededGenerator(seed: seed ^ 0xABCD)
    var open: [Open] = []
    var top = encoder.container(keyedBy: AnyKey.self)
    try top.encode(seed, forKey: AnyKey("seed"))
    open.append(.later(top.superEncoder(forKey: AnyKey("plan")), plan))
    while !open.isEmpty {
      let index = Int.random(in: 0..<open.count, using: &generator)
      let viaEncoder = Bool.random(using: &generator)
      switch open[index] {
      case .later(let encoder, let plan):
        open.remove(at: index)
        switch plan {
        case .keyed(let fields): open.append(.keyed(encoder.container(keyedBy: AnyKey.self), Array(fields)))
        case .list(let plans): open.append(.list(encoder.unkeyedContainer(), plans))
        case .number(let number):
          var single = encoder.singleValueContainer()
          try single.encode(number)
        case .text(let text):
          var single = encoder.singleValueContainer()
          try single.encode(text)
        }
      case .keyed(var container, var rest):
        guard let (name, plan) = rest.popLast() else {
          open.remove(at: index)
          continue
        }
        let key = AnyKey(name)
        open[index] = .keyed(container, rest)
        switch plan {
        case _ where viaEncoder: open.append(.later(container.superEncoder(forKey: key), plan))
        case .number(let number): try container.encode(number, forKey: key)
        case .text(let text): try container.encode(text, forKey: key)
        case .keyed(let fields):
          open.append(.keyed(container.nestedContainer(keyedBy: AnyKey.self, forKey: key), Array(fields)))
        case .list(let plans): open.append(.list(container.nestedUnkeyedContainer(forKey: key), plans))
        }
      case .list(var container, var rest):
        if rest.isEmpty {
          open.remove(at: index)
          continue
        }
        let plan = rest.removeFirst()
        open[index] = .list(container, rest)
        switch plan {
        case _ where viaEncoder: open.append(.later(container.superEncoder(), plan))
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .keyed(let fields): open.append(.keyed(container.nestedContainer(keyedBy: AnyKey.self), Array(fields)))
        case .list(let plans): open.append(.list(container.nestedUnkeyedContainer(), plans))
        }
      }
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    seed = try container.decode(UInt64.self, forKey: AnyKey("seed"))
    plan = try Shuffled.read(container.superDecoder(forKey: AnyKey("plan")))
  }

  private static func read(_ decoder: any Decoder) throws -> Plan {
    let single = try decoder.singleValueContainer()
    if let number = try? single.decode(Int.self) { return .number(number) }
    if let text = try? single.decode(String.self) { return .text(text) }
    if var list = try? decoder.unkeyedContainer() {
      var plans: [Plan] = []
      while !list.isAtEnd { plans.append(try read(list.superDecoder())) }
      return .list(plans)
    }
    let keyed = try decoder.container(keyedBy: AnyKey.self)
    var fields: [String: Plan] = [:]
    for key in keyed.allKeys { fields[key.stringValue] = try read(keyed.superDecoder(forKey: key)) }
    return .keyed(fields)
  }
}
