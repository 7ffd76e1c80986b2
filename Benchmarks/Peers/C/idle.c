// The processor time of a worker that waits in a blocking MPI_Recv while rank 0 computes: cores, from getrusage.
// Options: --seconds N.

#include "peer.h"
#include <sys/resource.h>

static double processor_seconds(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) fail("getrusage failed");
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  int rank, ranks, done = 0;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  double length = (double)option(argc, argv, "--seconds", 5);
  if (ranks != 2) fail("needs two ranks");

  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime(), before = processor_seconds();
  if (rank == 0) {
    while (MPI_Wtime() - start < length) continue;
    done = 1;
    MPI_Send(&done, 1, MPI_INT, 1, WORK, MPI_COMM_WORLD);
  } else {
    MPI_Recv(&done, 1, MPI_INT, 0, WORK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    double burned = processor_seconds() - before, elapsed = MPI_Wtime() - start;
    if (done != 1 || elapsed < length * 0.9) fail("wrong answer");
    print_figure("idle", burned / elapsed);
  }
  MPI_Finalize();
  return 0;
}
