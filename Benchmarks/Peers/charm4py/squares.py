"""Squares each item with charm4py's own parallel map: items per second, results on process 0.

It uses charm.pool.map with its chunksize (default 1), started by `python -m charmrun.start +pN`, as charm4py's
documentation says. Its pool computes on all processes except 0, which runs its scheduler.
"""

import json
import statistics
import sys
import time

from charm4py import charm


def square(number):
    return number * number


def main(arguments):
    items, chunk, maps = (int(argument) for argument in arguments[1:4])
    numbers = [float(item) for item in range(items)]
    expected = [square(number) for number in numbers]
    measured = []
    for turn in range(maps + 1):
        start = time.perf_counter()
        squares = charm.pool.map(square, numbers, chunksize=chunk)
        seconds = time.perf_counter() - start
        if squares != expected:
            print("charm4py peer: wrong answer", flush=True)
            sys.exit(1)
        if turn > 0:
            measured.append(seconds)
    print(json.dumps({"row": "squares", "value": items / statistics.median(measured)}), flush=True)
    charm.exit()


charm.start(main)
