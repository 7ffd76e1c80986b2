import SeppoMPI

extension EditedResultTests {
  static let enums = [
    Edit("a payload of another type") {
      enum Fate: Codable {
        case lost
        case found(Double)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(Float)
      }
      return Fate.self
    },
    Edit("a payload made optional") {
      enum Fate: Codable {
        case lost
        case found(Double)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(Double?)
      }
      return Fate.self
    },
    Edit("a label of an optional payload") {
      enum Fate: Codable {
        case lost
        case found(peak: Double?)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(top: Double?)
      }
      return Fate.self
    },
    Edit("two labels swapped") {
      enum Fate: Codable {
        case lost
        case found(peak: Double, top: Double)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(top: Double, peak: Double)
      }
      return Fate.self
    },
    Edit("a coded label") {
      enum Fate: Codable {
        case lost
        case found(peak: Double?)
        enum FoundCodingKeys: String, CodingKey { case peak = "p" }
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(peak: Double?)
        enum FoundCodingKeys: String, CodingKey { case peak = "q" }
      }
      return Fate.self
    },
    Edit("a case more") {
      enum Fate: Codable {
        case lost
        case found(Double)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case lost
        case found(Double)
        case given
      }
      return Fate.self
    },
    Edit("a case renamed") {
      enum Fate: Codable {
        case lost
        case found(Double)
      }
      return Fate.self
    } _: {
      enum Fate: Codable {
        case gone
        case found(Double)
      }
      return Fate.self
    },
    Edit("two raw values swapped") {
      enum Fate: Int, Codable {
        case lost = 1
        case found = 2
      }
      return Fate.self
    } _: {
      enum Fate: Int, Codable {
        case lost = 2
        case found = 1
      }
      return Fate.self
    },
    Edit("two cases with raw values swapped") {
      enum Fate: Int, Codable { case lost, found }
      return Fate.self
    } _: {
      enum Fate: Int, Codable { case found, lost }
      return Fate.self
    },
    Edit("a raw value of another type") {
      enum Fate: Int, Codable { case lost, found }
      return Fate.self
    } _: {
      enum Fate: Int8, Codable { case lost, found }
      return Fate.self
    },
    Edit("a struct inside a payload's array") {
      struct Peak: Codable { var place, width: Double }
      enum Fate: Codable {
        case lost
        case found([Peak])
      }
      return Fate.self
    } _: {
      struct Peak: Codable { var width, place: Double }
      enum Fate: Codable {
        case lost
        case found([Peak])
      }
      return Fate.self
    },
    Edit("a tree's leaf") {
      indirect enum Fate: Codable {
        case leaf(Int)
        case node(Fate, Fate)
      }
      return Fate.self
    } _: {
      indirect enum Fate: Codable {
        case leaf(UInt)
        case node(Fate, Fate)
      }
      return Fate.self
    },
  ]

  static let others = [
    Edit("a class's own property") {
      final class Star: Codable {
        var mass: Double?
        init() {}
      }
      return Star.self
    } _: {
      final class Star: Codable {
        var weight: Double?
        init() {}
      }
      return Star.self
    },
    Edit("a superclass's property") {
      class Body: Codable { var mass: Double? }
      final class Star: Body { required init(from decoder: any Decoder) throws { try super.init(from: decoder) } }
      return Star.self
    } _: {
      class Body: Codable { var weight: Double? }
      final class Star: Body { required init(from decoder: any Decoder) throws { try super.init(from: decoder) } }
      return Star.self
    },
    Edit("a generic type's argument") {
      struct Tag: Codable { var x: Double? }
      struct Box<Value: Codable>: Codable { var value: Value }
      return Box<Tag>.self
    } _: {
      struct Tag: Codable { var y: Double? }
      struct Box<Value: Codable>: Codable { var value: Value }
      return Box<Tag>.self
    },
    Edit("a type with a decoding of its own") {
      struct Star: Codable {
        var mass: Double
        init(from decoder: any Decoder) throws {
          mass = try decoder.singleValueContainer().decode(Double.self)
          precondition(mass > 0)
        }
      }
      return Star.self
    } _: {
      struct Star: Codable {
        var mass: Float
        init(from decoder: any Decoder) throws {
          mass = try decoder.singleValueContainer().decode(Float.self)
          precondition(mass > 0)
        }
      }
      return Star.self
    },
  ]
}
