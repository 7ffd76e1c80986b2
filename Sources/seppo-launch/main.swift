// Launches a program with mpirun: seppo-launch [OPTIONS] PROGRAM [ARGUMENTS]. ./mpi-run.sh builds and starts it.

import Foundation
import SeppoLaunch

do {
  let options = try OptionParser.parse(Array(CommandLine.arguments.dropFirst()))
  let settings = LaunchSettings()
  if options.wantsHelp, let script = settings.script { throw Child.replace([script, "--help"], variables: [:]) }
  let program = try Program(options, settings).prepare()
  try Launch(options, settings, program: program).run()
} catch let misuse as Misuse {
  Terminal.say("\(misuse)")
  exit(2)
} catch let failure as LaunchFailure {
  if !failure.text.isEmpty { Terminal.say(failure.text) }
  exit(failure.status)
}
