import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// Describes this job, for the error message of a job that finds the file in use.
enum JobName {
  static func text(now: Date = Date()) -> String {
    var parts = ["process \(getpid()) on \(ProcessInfo.processInfo.hostName)"]
    if let batch { parts.append(batch) }
    parts.append("since " + now.formatted(.iso8601))
    return parts.joined(separator: ", ")
  }

  /// The batch system and its number for this job, or nil outside a batch system.
  static var batch: String? {
    let environment = ProcessInfo.processInfo.environment
    return [("SLURM_JOB_ID", "Slurm"), ("PBS_JOBID", "PBS"), ("LSB_JOBID", "LSF"), ("JOB_ID", "Grid Engine")].lazy
      .compactMap { name, system in environment[name].map { "\(system) job \($0)" } }.first
  }
}
