import SeppoMPI

extension EditedResultTests {
  static let enums = [
    Edit("a payload of another type") {
      enum Detection: Codable {
        case lost
        case found(Double)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(Float)
      }
      return Detection.self
    },
    Edit("a payload made optional") {
      enum Detection: Codable {
        case lost
        case found(Double)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(Double?)
      }
      return Detection.self
    },
    Edit("a label of an optional payload") {
      enum Detection: Codable {
        case lost
        case found(peak: Double?)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(top: Double?)
      }
      return Detection.self
    },
    Edit("two labels swapped") {
      enum Detection: Codable {
        case lost
        case found(peak: Double, top: Double)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(top: Double, peak: Double)
      }
      return Detection.self
    },
    Edit("a label's coding key changed") {
      enum Detection: Codable {
        case lost
        case found(peak: Double?)
        enum FoundCodingKeys: String, CodingKey { case peak = "p" }
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(peak: Double?)
        enum FoundCodingKeys: String, CodingKey { case peak = "q" }
      }
      return Detection.self
    },
    Edit("a case added") {
      enum Detection: Codable {
        case lost
        case found(Double)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case lost
        case found(Double)
        case given
      }
      return Detection.self
    },
    Edit("a case renamed") {
      enum Detection: Codable {
        case lost
        case found(Double)
      }
      return Detection.self
    } _: {
      enum Detection: Codable {
        case gone
        case found(Double)
      }
      return Detection.self
    },
    Edit("two raw values swapped") {
      enum Detection: Int, Codable {
        case lost = 1
        case found = 2
      }
      return Detection.self
    } _: {
      enum Detection: Int, Codable {
        case lost = 2
        case found = 1
      }
      return Detection.self
    },
    Edit("two cases with raw values swapped") {
      enum Detection: Int, Codable { case lost, found }
      return Detection.self
    } _: {
      enum Detection: Int, Codable { case found, lost }
      return Detection.self
    },
    Edit("a raw value of another type") {
      enum Detection: Int, Codable { case lost, found }
      return Detection.self
    } _: {
      enum Detection: Int8, Codable { case lost, found }
      return Detection.self
    },
    Edit("a struct inside a payload's array") {
      struct Peak: Codable { var place, width: Double }
      enum Detection: Codable {
        case lost
        case found([Peak])
      }
      return Detection.self
    } _: {
      struct Peak: Codable { var width, place: Double }
      enum Detection: Codable {
        case lost
        case found([Peak])
      }
      return Detection.self
    },
    Edit("a payload in a recursive enum") {
      indirect enum Detection: Codable {
        case leaf(Int)
        case node(Detection, Detection)
      }
      return Detection.self
    } _: {
      indirect enum Detection: Codable {
        case leaf(UInt)
        case node(Detection, Detection)
      }
      return Detection.self
    },
  ]

  static let others = [
    Edit("a class's property") {
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
    Edit("a type with a custom init(from:)") {
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
