"""What the mpi4py peers share: the pool with its best documented settings, the median, and the line of JSON.

They use mpi4py.futures, mpi4py's own parallel map, in the way its documentation gives for a fixed number of processes:
MPICommExecutor on COMM_WORLD, rank 0 the manager, all others workers. The settings, from mpi4py.futures' documentation:

- backoff=0: the threads that wait poll without sleeping, instead of sleeping up to 1 ms. Tried on each row, it was the
  better or the same, with more ranks than cores too. Only the row about idle ranks has the default, which is for them.
- chunksize: how many items travel together, 1 without it. Where the row allows a choice, the runner tries several.
- use_pkl5=True where the items are arrays: pickle 5 sends their memory out of band, without a copy into a pickle.
- unordered=False, the default: results in the order of the items, as `map` gives them.
"""

import json
import statistics
import sys
import time

from mpi4py import MPI
from mpi4py.futures import MPICommExecutor


def pool(backoff=None, pickle5=False):
    """The executor on rank 0; on the workers, their life: it gives None there when all is done."""
    options = {}
    if backoff is not None:
        options["backoff"] = backoff
    if pickle5:
        options["use_pkl5"] = True
    return MPICommExecutor(MPI.COMM_WORLD, root=0, **options)


def demand(holds, what):
    """A wrong answer ends the whole job: it is no figure."""
    if not holds:
        print(f"mpi4py peer: wrong answer: {what}", flush=True)
        MPI.COMM_WORLD.Abort(1)


def median_seconds(times, run, check):
    """Runs a map once to warm up and `times` more: the median of those seconds; the check is not in the time."""
    measured = []
    for turn in range(times + 1):
        start = time.perf_counter()
        results = run()
        seconds = time.perf_counter() - start
        check(results)
        # Gone before the next map, so that none holds two maps' results.
        del results
        if turn > 0:
            measured.append(seconds)
    return statistics.median(measured)


def print_figure(row, value):
    # In one write, as several ranks may print theirs at the same time.
    sys.stdout.write(json.dumps({"row": row, "value": value}) + "\n")
    sys.stdout.flush()
