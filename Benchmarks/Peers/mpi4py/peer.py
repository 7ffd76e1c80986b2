"""Shared by the mpi4py peers: the pool with its best documented settings, the median, and the line of JSON.

They use mpi4py.futures, mpi4py's own parallel map, as its documentation recommends for a fixed number of processes:
MPICommExecutor on COMM_WORLD, with rank 0 as manager and all others as workers. The settings are documented too:

- backoff=0: waiting threads poll without sleeping, instead of sleeping up to 1 ms. On each row it was better or equal,
  also with more ranks than cores. Only the row about idle ranks has the default, which is meant for them.
- chunksize: the number of items per message, default 1. Where the row allows a choice, the runner tries several.
- use_pkl5=True for arrays: pickle 5 sends their memory out of band, without a copy into a pickle.
- unordered=False, the default: results in the order of the items, as `map` gives them.
"""

import json
import statistics
import sys
import time

from mpi4py import MPI
from mpi4py.futures import MPICommExecutor


def pool(backoff=None, pickle5=False):
    """Returns the executor on rank 0. On the workers, it serves items until all are done, and returns None."""
    options = {}
    if backoff is not None:
        options["backoff"] = backoff
    if pickle5:
        options["use_pkl5"] = True
    return MPICommExecutor(MPI.COMM_WORLD, root=0, **options)


def demand(holds, what):
    """Ends the whole job unless the answer is correct, so that a wrong answer is not measured."""
    if not holds:
        print(f"mpi4py peer: wrong answer: {what}", flush=True)
        MPI.COMM_WORLD.Abort(1)


def median_seconds(times, run, check):
    """Runs a map once to warm up and `times` more, and returns the median time in seconds, without the check."""
    measured = []
    for turn in range(times + 1):
        start = time.perf_counter()
        results = run()
        seconds = time.perf_counter() - start
        check(results)
        # Free the results before the next map, so that memory never holds two maps' results.
        del results
        if turn > 0:
            measured.append(seconds)
    return statistics.median(measured)


def print_figure(row, value):
    # In one write, as several ranks may print at the same time.
    sys.stdout.write(json.dumps({"row": row, "value": value}) + "\n")
    sys.stdout.flush()
