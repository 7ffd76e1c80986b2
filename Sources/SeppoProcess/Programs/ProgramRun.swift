internal import CFork
import SeppoSystem

/// A program that runs, as seen by the thread that waits for it.
package final class ProgramRun {
  /// The number of bytes of standard output that are kept, from the first on.
  package static let longestOutput = 16 << 20
  /// The number of bytes of standard error that are kept, up to the last one.
  package static let longestErrors = 16 << 20

  private let process: pid_t
  private let mark: ProgramMark
  private var output: ProgramStream
  private var errors: ProgramStream
  private var input: ProgramInput?
  /// The file that gets all that the program writes; nil for none.
  private let log: ProgramLog?
  private var logRefusal: String?
  /// A descriptor that can be read when the program has ended; -1 if the system has none.
  private let ended: Int32

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - input: what it can read on standard input; nil for nothing.
  ///   - log: gets all that it writes; nil for none.
  package init(_ program: Program, input text: [UInt8]?, log: ProgramLog?) throws(Program.StartError) {
    ProgramKeeper.begin()
    mark = ProgramMark()
    self.log = log
    guard let outputs = makePipe() else { throw ProgramRun.noPipe() }
    defer { close(outputs.write) }
    output = ProgramStream(outputs.read)
    guard let errorPipe = makePipe() else { throw ProgramRun.noPipe() }
    defer { close(errorPipe.write) }
    errors = ProgramStream(errorPipe.read)
    var inputs: (read: Int32, write: Int32)?
    if text != nil {
      inputs = makePipe()
      if inputs == nil { throw ProgramRun.noPipe() }
    }
    defer { if let inputs { close(inputs.read) } }
    input = inputs.map { ProgramInput($0.write, text ?? []) }
    process = try program.start(
      input: inputs?.read, output: outputs.write, errors: errorPipe.write, mark)
    ended = seppo_open_process(process)
  }

  private static func noPipe() -> Program.StartError { .init(reason: "no pipe: \(refusalText(errno))") }

  deinit { if ended >= 0 { close(ended) } }

  /// Waits until the program has ended, and kills what it leaves in its process group.
  ///
  /// - Parameters:
  ///   - deadline: when it is killed, in nanoseconds of the monotonic clock; nil for never.
  ///   - isUnwanted: whether nobody wants its item's result. Called repeatedly.
  package func wait(until deadline: Int?, isUnwanted: () -> Bool) -> ProgramOutcome {
    var wasKilled: ProgramOutcome.End?
    var hasEnded = seppo_has_ended(process)
    while hasEnded == 0 {
      if wasKilled == nil {
        if let logRefusal {
          wasKilled = .logRefused(logRefusal)
        } else if let deadline, monotonicNanoseconds() >= deadline {
          wasKilled = .timedOut
        } else if isUnwanted() {
          wasKilled = .unwanted
        }
        if wasKilled != nil { killAll() }
      }
      waitForEvent(until: wasKilled == nil ? deadline : nil)
      hasEnded = seppo_has_ended(process)
    }
    // It isn't waited for yet, so that no other group has its number.
    if hasEnded == 1 { _ = signalProcess(-process, SIGKILL) }
    if wasKilled != nil { mark.killProcesses() }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      if errno == EINTR { continue }
      if wasKilled == nil { wasKilled = .lost }
      break
    }
    // The rest of what it has written. Another process may hold the other end and go on writing.
    takeOutput(atMost: 1 << 20)
    errors.trim(to: ProgramRun.longestErrors)
    if wasKilled == nil, let logRefusal { wasKilled = .logRefused(logRefusal) }
    let signal = status & 0x7F
    return ProgramOutcome(
      end: wasKilled ?? (signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)),
      output: output.bytes, errors: errors.bytes, isComplete: output.isComplete && errors.isComplete)
  }

  private func killAll() {
    _ = signalProcess(-process, SIGKILL)
    mark.killProcesses()
  }

  /// How long to wait without a look at the item's time, in nanoseconds.
  private static var longestWait: Int { 50_000_000 }

  /// The wait without a descriptor that tells the program's end.
  private var pause = 100_000

  /// Waits until the program writes, reads or ends, or for a moment.
  private func waitForEvent(until deadline: Int?) {
    var watched: [pollfd] = []
    for (file, events) in [(output.file, POLLIN), (errors.file, POLLIN), (ended, POLLIN), (input?.file ?? -1, POLLOUT)]
    where file >= 0 {
      watched.append(pollfd(fd: file, events: Int16(events), revents: 0))
    }
    var time = ProgramRun.longestWait
    if let deadline { time = max(0, min(time, deadline - monotonicNanoseconds())) }
    if ended < 0 {
      time = min(time, pause)
      pause = min(2 * pause, 10_000_000)
    }
    // Rounded up: otherwise the last millisecond would be spent without sleep.
    if poll(&watched, nfds_t(watched.count), Int32((time + 999_999) / 1_000_000)) <= 0 { return }
    pause = 100_000
    input?.write()
    takeOutput(atMost: 1 << 20)
  }

  private func takeOutput(atMost limit: Int) {
    output.read(atMost: limit, keep: .first(ProgramRun.longestOutput), writeToLog)
    errors.read(atMost: limit, keep: .last(ProgramRun.longestErrors), writeToLog)
  }

  private func writeToLog(_ bytes: UnsafeRawBufferPointer) {
    guard let log, logRefusal == nil else { return }
    let mask = WriteSignals.block()
    defer { WriteSignals.unblock(mask) }
    if let error = writeAll(bytes, to: log.descriptor) { logRefusal = String(cString: strerror(error)) }
  }
}
