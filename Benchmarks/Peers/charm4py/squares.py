"""The square of each item, by charm4py's own parallel map: items a second, the results on process 0.

charm.pool.map with its chunksize (1 without it), started by `python -m charmrun.start +pN`, as charm4py's documentation
says. Its pool computes on all processes but 0, where its scheduler is.
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
