// Items that start programs, in processes of their own or by Command, and jobs that end while they run. The suite checks that
// nothing is left.
//
//   mpirun -n 2 Isolated HOW FOLDER process|command
//
// Each item writes the numbers of its processes into the folder.

import Foundation
import SeppoMPI

@main
struct Isolated {
  static func main() throws {
    let (how, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
    let items = 2 * Seppo.size
    let (rank, launcher) = (getpid(), getppid())
    let isIsolated = CommandLine.arguments[3] == "process"
    let options = ParallelOptions(chunk: .items(1), threads: 2, isolation: isIsolated ? .process : .thread)

    _ = try (0..<items).parallel(options).mapResults { item -> Int in
      if isIsolated { try spawn(item, folder) } else { try run(item, folder) }
      // Until every item has started its programs.
      while count(folder) < items { usleep(10_000) }
      switch how {
      case "ends": return item
      case "crashes": abort()
      case "rank killed" where item == 0: kill(rank, SIGKILL)
      case "launcher killed" where item == 0: kill(launcher, SIGKILL)
      case "launcher interrupted" where item == 0: kill(launcher, SIGINT)
      default: break
      }
      while true { sleep(1) }
    }
  }

  /// Starts a program in a session of its own, one whose parent has ended, and one as usual.
  private static let line = """
    setsid sleep 300 & first=$!
    (setsid sleep 300 & echo $! >"$1/.second$0")
    sleep 300 & third=$!
    echo $first $third $(cat "$1/.second$0") $PPID $$ >"$1/.new$0"
    rm "$1/.second$0"
    mv "$1/.new$0" "$1/item$0"
    wait
    """

  /// Waits for them on a thread of its own, so that the item goes on.
  nonisolated static func run(_ item: Int, _ folder: String) throws {
    Thread.detachNewThread { _ = try? Command("sh", "-c", line, String(item), folder).run() }
  }

  nonisolated static func spawn(_ item: Int, _ folder: String) throws {
    var process = pid_t()
    let words: [String] = ["sh", "-c", line, String(item), folder]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ)
  }

  /// The number of items that have started their programs.
  nonisolated static func count(_ folder: String) -> Int {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.count { $0.hasPrefix("item") }
  }
}
