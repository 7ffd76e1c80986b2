"""The processor time of an idle worker of the pool while another computes an item: cores, from getrusage.

Three ranks: the manager, the worker that computes, and the one that waits, with the default backoff. Each measures its
time in the pool, nearly all of which is that one item.
"""

import argparse
import resource
import time

import peer
from mpi4py import MPI


def compute(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return MPI.COMM_WORLD.rank


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    world = MPI.COMM_WORLD
    world.Barrier()
    start, before = time.perf_counter(), processor_seconds()
    computing = None
    with peer.pool() as executor:
        if executor is not None:
            computing = list(executor.map(compute, [options.seconds]))[0]
    elapsed, burned = time.perf_counter() - start, processor_seconds() - before
    computing = world.bcast(computing)
    peer.demand(computing in (1, 2) and elapsed > options.seconds * 0.9, "the item's time")
    if world.rank == 3 - computing:
        peer.print_figure("idle", burned / elapsed)


if __name__ == "__main__":
    main()
