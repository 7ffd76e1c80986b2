// Adds the squares of a range of integers: each rank a share, then MPI_Reduce. Items per second.
// Options: --items N --maps N (measured, after one to warm up).

#include "peer.h"

#include <math.h>

int main(int argc, char **argv) {
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  long count = option(argc, argv, "--items", 100000000);
  int maps = (int)option(argc, argv, "--maps", 5);
  if (count < 1 || maps < 1) fail("needs an item and a map");
  double *seconds = allocate((size_t)maps * sizeof *seconds);
  double n = (double)count, expected = (n - 1) * n * (2 * n - 1) / 6;
  long first = count / ranks * rank, end = rank + 1 == ranks ? count : first + count / ranks;

  for (int map = 0; map <= maps; map++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    double own = 0, sum = 0;
    for (long i = first; i < end; i++) own += (double)i * (double)i;
    MPI_Reduce(&own, &sum, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    // Seppo's sum is on every rank.
    MPI_Bcast(&sum, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    if (map > 0) seconds[map - 1] = MPI_Wtime() - start;
    if (fabs(sum - expected) > 1e-9 * expected) fail("wrong answer");
  }
  if (rank == 0) print_figure("sum", n / median(seconds, maps));
  free(seconds);
  MPI_Finalize();
  return 0;
}
