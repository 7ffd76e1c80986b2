"""Starts the programs, one process per sample, and reads their figures."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
CHECKOUT = BENCHMARKS.parent
BUILT = BENCHMARKS / ".build"


class SampleFailed(Exception):
    """A program printed no figure; the message is the reason."""


def build_folder():
    return Path(os.environ.get("SWIFTPM_BUILD_DIR", CHECKOUT / ".build")).resolve() / "release"


def places(python):
    """Returns the values of the names in the rows' commands."""
    return {
        "benchmark": str(build_folder() / "Benchmark"),
        "core": str(build_folder() / "BenchmarkCore"),
        "commands": str(build_folder() / "Commands"),
        "lines_script": str(BENCHMARKS / "Peers" / "parallel" / "lines.sh"),
        "hello": str(build_folder() / "HelloWorld"),
        "c": str(BUILT / "C"),
        "python": python,
        "mpi4py": str(BENCHMARKS / "Peers" / "mpi4py"),
        "charm4py": str(BENCHMARKS / "Peers" / "charm4py"),
    }


def environment():
    """Returns the environment for all programs: mpirun may run as root, and Python writes no caches to the sources."""
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return os.environ | allowed | {"PYTHONPYCACHEPREFIX": str(BUILT / "pycache")}


def launched(command, ranks, launcher, python, bound="none"):
    """Returns the command with its launcher. All competitors under mpirun get the same options.

    --bind-to none: otherwise mpirun binds each of one or two ranks to one core, with all its threads, as rows with bound
    ranks want it. --oversubscribe: otherwise mpirun refuses to start more ranks than cores.
    """
    if launcher in ("none", "own"):
        return list(command)
    if launcher == "charmrun":
        return [python, "-m", "charmrun.start", f"+p{ranks}", *command]
    crowded = ["--oversubscribe"] if ranks > (os.cpu_count() or 1) else []
    return ["mpirun", "-n", str(ranks), "--bind-to", bound, *crowded, *command]


def run(argv, limit):
    """Runs a program, and returns its output and the time in seconds. Raises if it fails or exceeds the limit."""
    if shutil.which(argv[0]) is None:
        raise SampleFailed(f"{Path(argv[0]).name} is missing")
    start = time.perf_counter()
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment(),
        cwd=CHECKOUT,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            end(process)
            raise SampleFailed(f"not finished after {limit:g} s") from None
        except BaseException:
            end(process)
            raise
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        raise SampleFailed(f"status {process.returncode}: {summary_line(errors or output)}")
    return output, seconds


def end(process):
    """Ends the launcher, which ends its ranks; if it doesn't end, kills its whole session."""
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def summary_line(text):
    """Returns the most informative line: Seppo's and the peers' messages have their name; mpirun's boxes say little."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" -")]
    own = [line for line in lines if line.startswith("Seppo:") or " peer: " in line or "Error" in line]
    return (own or lines or ["no output"])[-1][:160]


def figures(output):
    """Returns the lines of JSON in the output, in order."""
    found, decoder = [], json.JSONDecoder()
    for line in output.splitlines():
        # mpirun may join the lines that two ranks write at the same time.
        while line.startswith("{"):
            try:
                read, end_of_it = decoder.raw_decode(line)
            except json.JSONDecodeError as error:
                raise SampleFailed(f"a line that is not JSON: {line[:80]} ({error.msg})") from None
            found.append(read)
            line = line[end_of_it:].lstrip()
    if not found:
        raise SampleFailed(f"no figure in its output: {summary_line(output)}")
    return found


def figure(output, key="value"):
    last = figures(output)[-1]
    if not isinstance(last.get(key), (int, float)):
        raise SampleFailed(f"no number '{key}' in {json.dumps(last)[:120]}")
    return float(last[key])
