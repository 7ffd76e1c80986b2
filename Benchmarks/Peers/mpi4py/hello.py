"""The smallest mpi4py program: every rank says where it is."""

import os

from mpi4py import MPI

print(f"hello world from {MPI.Get_processor_name()}, process {os.getpid()}")
