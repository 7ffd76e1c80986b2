"""A slow and lossy network switch: wire.py COUNT DELAY LOSS connects COUNT TAP devices, named end-a, end-b, …

A frame arrives DELAY ms after it was sent; LOSS % of the frames are lost. netem does the same in the kernel, but few
kernels on which the suite runs have it; all have TAP devices.
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
    # hosts.sh reads no further output.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    chance = random.Random(1)
    in_transit = []
    homes = {}
    number = 0
    while True:
        wait = max(0, in_transit[0][0] - time.monotonic()) if in_transit else None
        readable, _, _ = select.select(ends, [], [], wait)
        now = time.monotonic()
        for end in readable:
            try:
                while True:
                    frame = os.read(end, LONGEST_FRAME)
                    homes[frame[6:12]] = end
                    if chance.random() >= loss:
                        number += 1
                        heapq.heappush(in_transit, (now + delay, number, end, frame))
            except BlockingIOError:
                pass
        while in_transit and in_transit[0][0] <= now:
            _, _, source, frame = heapq.heappop(in_transit)
            home = homes.get(frame[0:6])
            for end in [home] if home is not None else ends:
                if end != source:
                    try:
                        os.write(end, frame)
                    except OSError:
                        pass  # the device is down, or its queue is full: the frame is lost


main(int(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3]) / 100)
