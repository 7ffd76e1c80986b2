"""Starts the programs, one whole process a sample, and reads their figures."""

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
    """A program that gave no figure: why, in a few words."""


def build_folder():
    return Path(os.environ.get("SWIFTPM_BUILD_DIR", CHECKOUT / ".build")).resolve() / "release"


def places(python):
    """What stands for the programs in the rows' commands."""
    return {
        "benchmark": str(build_folder() / "Benchmark"),
        "core": str(build_folder() / "BenchmarkCore"),
        "hello": str(build_folder() / "HelloWorld"),
        "c": str(BUILT / "C"),
        "python": python,
        "mpi4py": str(BENCHMARKS / "Peers" / "mpi4py"),
        "charm4py": str(BENCHMARKS / "Peers" / "charm4py"),
    }


def environment():
    """The same for all: mpirun may be root's, and Python leaves nothing beside the sources."""
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    return os.environ | allowed | {"PYTHONPYCACHEPREFIX": str(BUILT / "pycache")}


def launched(command, ranks, launcher, python):
    """The command with its launcher before it. All competitors under mpirun get the same options.

    --bind-to none: otherwise mpirun binds each of one or two ranks to one core, with all its threads. --oversubscribe
    where there are more ranks than cores: mpirun refuses to start them without.
    """
    if launcher == "none":
        return list(command)
    if launcher == "charmrun":
        return [python, "-m", "charmrun.start", f"+p{ranks}", *command]
    crowded = ["--oversubscribe"] if ranks > (os.cpu_count() or 1) else []
    return ["mpirun", "-n", str(ranks), "--bind-to", "none", *crowded, *command]


def run(argv, limit):
    """Runs a program to its end: its output, and the seconds that it took. An end in failure, or none, raises."""
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
            raise SampleFailed(f"no end after {limit:g} s") from None
        except BaseException:
            end(process)
            raise
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        raise SampleFailed(f"status {process.returncode}: {last_words(errors or output)}")
    return output, seconds


def end(process):
    """Ends the launcher, which ends its ranks when it is asked to; when it doesn't, its whole session."""
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def last_words(text):
    """The line that says most: ours begin with Seppo:, the peers' with their name; mpirun's own boxes say little."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" -")]
    own = [line for line in lines if line.startswith("Seppo:") or " peer: " in line or "Error" in line]
    return (own or lines or ["it said nothing"])[-1][:160]


def figures(output):
    """The lines of JSON among the output, in their order."""
    found, decoder = [], json.JSONDecoder()
    for line in output.splitlines():
        # mpirun may put what two ranks write at the same time into one line.
        while line.startswith("{"):
            try:
                read, end_of_it = decoder.raw_decode(line)
            except json.JSONDecodeError as error:
                raise SampleFailed(f"a line that is no JSON: {line[:80]} ({error.msg})") from None
            found.append(read)
            line = line[end_of_it:].lstrip()
    if not found:
        raise SampleFailed(f"no figure in its output: {last_words(output)}")
    return found


def figure(output, key="value"):
    last = figures(output)[-1]
    if not isinstance(last.get(key), (int, float)):
        raise SampleFailed(f"no number '{key}' in {json.dumps(last)[:120]}")
    return float(last[key])
