import Foundation
import SeppoMPI
import Testing

/// Compares types of the same name before and after an edit. Types that are local to a function can have the same name.
@Suite("An edit of a result type is noticed")
struct EditedResultTests {
  struct Edit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let before: @Sendable () -> Any.Type
    let after: @Sendable () -> Any.Type

    init(_ name: String, _ before: @escaping @Sendable () -> Any.Type, _ after: @escaping @Sendable () -> Any.Type) {
      (testDescription, self.before, self.after) = (name, before, after)
    }
  }

  static let structs = [
    Edit("two properties swapped") {
      struct Particle: Codable { var mass, charge: Double }
      return Particle.self
    } _: {
      struct Particle: Codable { var charge, mass: Double }
      return Particle.self
    },
    Edit("an optional property renamed") {
      struct Particle: Codable {
        var mass: Double
        var charge: Double?
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass: Double
        var load: Double?
      }
      return Particle.self
    },
    Edit("a property of another type") {
      struct Particle: Codable {
        var mass: Double
        var charge: Int
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass: Double
        var charge: Int8
      }
      return Particle.self
    },
    Edit("a property added") {
      struct Particle: Codable { var mass: Double }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass: Double
        var charge: Double?
      }
      return Particle.self
    },
    Edit("a property made optional") {
      struct Particle: Codable { var mass: Double }
      return Particle.self
    } _: {
      struct Particle: Codable { var mass: Double? }
      return Particle.self
    },
    Edit("a renamed key") {
      struct Particle: Codable {
        var mass: Double?
        enum CodingKeys: String, CodingKey { case mass = "m" }
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass: Double?
        enum CodingKeys: String, CodingKey { case mass = "mass of it" }
      }
      return Particle.self
    },
    Edit("two keys swapped") {
      struct Particle: Codable {
        var mass, charge: Double
        enum CodingKeys: String, CodingKey {
          case mass = "x"
          case charge = "y"
        }
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass, charge: Double
        enum CodingKeys: String, CodingKey {
          case mass = "y"
          case charge = "x"
        }
      }
      return Particle.self
    },
    Edit("a key removed") {
      struct Particle: Codable {
        var mass: Double
        var charge: Double?
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        var mass: Double
        var charge: Double?
        enum CodingKeys: CodingKey { case mass }
      }
      return Particle.self
    },
    Edit("a change in a struct inside a struct") {
      struct Particle: Codable {
        struct Charge: Codable { var value: Double }
        var mass: Double
        var charge: [Int: Charge?]
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        struct Charge: Codable { var amount: Double }
        var mass: Double
        var charge: [Int: Charge?]
      }
      return Particle.self
    },
    Edit("two inner structs swapped") {
      struct Particle: Codable {
        struct First: Codable { var x: Double }
        struct Second: Codable { var x: Double }
        var one: First
        var other: Second
      }
      return Particle.self
    } _: {
      struct Particle: Codable {
        struct First: Codable { var x: Double }
        struct Second: Codable { var x: Double }
        var one: Second
        var other: First
      }
      return Particle.self
    },
    Edit("a property wrapper's own property") {
      @propertyWrapper struct Limited: Codable {
        var wrappedValue: Double
        var limit: Double?
      }
      struct Particle: Codable { @Limited var mass: Double }
      return Particle.self
    } _: {
      @propertyWrapper struct Limited: Codable {
        var wrappedValue: Double
        var bound: Double?
      }
      struct Particle: Codable { @Limited var mass: Double }
      return Particle.self
    },
    Edit("plain memory swapped") {
      struct Particle: Codable, PlainMemory { var mass, charge: Double }
      return Particle.self
    } _: {
      struct Particle: Codable, PlainMemory { var charge, mass: Double }
      return Particle.self
    },
    Edit("plain memory removed") {
      struct Particle: Codable, PlainMemory { var mass, charge: Double }
      return Particle.self
    } _: {
      struct Particle: Codable, BitwiseCopyable { var mass, charge: Double }
      return Particle.self
    },
    Edit("another vector type in plain memory") {
      struct Particle: Codable, PlainMemory {
        var place: SIMD2<Float>
        var mass: Double
      }
      return Particle.self
    } _: {
      struct Particle: Codable, PlainMemory {
        var place: SIMD2<Int32>
        var mass: Double
      }
      return Particle.self
    },
    Edit("plain memory inside plain memory") {
      struct Inner: Codable, BitwiseCopyable { var mass, charge: Float }
      struct Particle: Codable, PlainMemory { var inner: Inner }
      return Particle.self
    } _: {
      struct Inner: Codable, BitwiseCopyable { var charge, mass: Float }
      struct Particle: Codable, PlainMemory { var inner: Inner }
      return Particle.self
    },
  ]

  @Test("An edit is noticed in the type itself and in every container", arguments: structs + enums + others)
  func isNoticed(_ edit: Edit) throws {
    for wrap in Wrapping.allCases {
      let (before, after) = (ResultShape.describe(wrap(edit.before())), ResultShape.describe(wrap(edit.after())))
      #expect(before != after)
      #expect(ResultShape.describe(wrap(edit.before())) == before)
      // The names are the same, so that the difference is caused by the edit.
      #expect(before.split(separator: "\n").first == after.split(separator: "\n").first)
      let (stored, now) = ResultShape.difference(before, after)
      #expect(stored != now)
    }
  }

  @Test("A type with the same declaration has the same description")
  func same() {
    func one() -> Any.Type {
      struct Peak: Codable {
        var place: Double
        var width: Double?
      }
      enum Detection: Codable {
        case lost
        case found([Peak], times: Int)
      }
      return [String: Detection?].self
    }
    func again() -> Any.Type {
      struct Peak: Codable {
        var place: Double
        var width: Double?
      }
      enum Detection: Codable {
        case lost
        case found([Peak], times: Int)
      }
      return [String: Detection?].self
    }
    #expect(ObjectIdentifier(one()) != ObjectIdentifier(again()))
    #expect(ResultShape.describe(one()) == ResultShape.describe(again()))
  }
}

private enum Payload<Value: Codable>: Codable {
  case value(Value)
  case none
}
private struct Deep<Value: Codable>: Codable { var all: [String: [Payload<Value>?]] }

private enum Wrapping: CaseIterable {
  case nothing, array, optional, dictionary, payload, deep

  func callAsFunction(_ type: Any.Type) -> Any.Type {
    func wrap<Value: Codable>(_ type: Value.Type) -> Any.Type {
      switch self {
      case .nothing: Value.self
      case .array: [Value].self
      case .optional: Value?.self
      case .dictionary: [String: Value].self
      case .payload: Payload<Value>.self
      case .deep: [Int: [Deep<Value>]?].self
      }
    }
    guard let type = type as? any Codable.Type else { return type }
    return wrap(type)
  }
}
