"""The smallest mpi4py program: every rank prints its host and process."""

import os

from mpi4py import MPI

print(f"hello world from {MPI.Get_processor_name()}, process {os.getpid()}")
