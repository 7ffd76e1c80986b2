"""Finds the peers that are installed, and why the others aren't."""

import shutil

from . import sample

C_PROGRAMS = ("squares", "arrays", "idle", "hello", "loop", "sum")


def missing(python):
    """Returns, for each missing peer, the reason, which the table's cells show."""
    found = {}
    absent = [name for name in C_PROGRAMS if not (sample.BUILT / "C" / name).is_file()]
    if absent:
        found["C"] = f"not built: {', '.join(absent)}"
    for who, why in (("mpi4py", why_no_mpi4py(python)), ("charm4py", why_no_charm4py(python))):
        if why:
            found[who] = why
    if shutil.which("parallel") is None:
        found["parallel"] = "not installed (apt-get install parallel)"
    return found


def why_no_mpi4py(python):
    """Also checks the number of ranks: built for another MPI, each process is rank 0 of 1."""
    program = "from mpi4py import MPI; print('size', MPI.COMM_WORLD.size)"
    return why_not("mpi4py", sample.launched([python, "-c", program], 2, "mpirun", python), "size 2")


def why_no_charm4py(python):
    program = "from importlib.util import find_spec as find; print('found', all(map(find, ('charm4py', 'charmrun'))))"
    return why_not("charm4py", [python, "-c", program], "found True")


def why_not(name, argv, expected):
    log = f"see Benchmarks/.build/pip-{name}.log"
    try:
        output, _ = sample.run(argv, 60)
    except sample.SampleFailed as error:
        return f"not installed ({error}; {log})"
    return None if expected in output else f"not installed ({log})"
