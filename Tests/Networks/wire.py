"""A switch whose wires are long and bad: wire.py COUNT DELAY LOSS connects so many TAP devices, named end-a, end-b, …

A frame arrives DELAY ms after it was sent, and one in a hundred, times LOSS, doesn't. netem does the same in the kernel, but
few kernels that a suite runs on have it; TAP devices all have.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
LONGEST_FRAME = 65536


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


def main(count, delay, loss):
    ends = [tap("end-" + "abcdefgh"[i]) for i in range(count)]
    print("ready", flush=True)
    # Nobody reads what comes after.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    chance = random.Random(1)
    under_way = []
    homes = {}
    number = 0
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        readable, _, _ = select.select(ends, [], [], wait)
        now = time.monotonic()
        for end in readable:
            try:
                while True:
                    frame = os.read(end, LONGEST_FRAME)
                    homes[frame[6:12]] = end
                    if chance.random() >= loss:
                        number += 1
                        heapq.heappush(under_way, (now + delay, number, end, frame))
            except BlockingIOError:
                pass
        while under_way and under_way[0][0] <= now:
            _, _, source, frame = heapq.heappop(under_way)
            home = homes.get(frame[0:6])
            for end in [home] if home is not None else ends:
                if end != source:
                    try:
                        os.write(end, frame)
                    except OSError:
                        pass  # it is down, or its queue is full: the frame is lost, as on any wire


main(int(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3]) / 100)
