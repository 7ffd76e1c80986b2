// Squares each item, with a master and workers: items per second, results on rank 0.
// Options: --items N --chunk N (items per message) --maps N (measured, after one to warm up).

#include "peer.h"

// Sends a chunk to each worker; then, for each result, the next chunk to the worker that sent it.
static void master(const double *items, double *results, long count, long chunk, int ranks) {
  long *first = allocate((size_t)ranks * sizeof *first);
  long next = 0;
  int busy = 0;
  for (int rank = 1; rank < ranks && next < count; rank++) {
    long length = count - next < chunk ? count - next : chunk;
    MPI_Send(items + next, (int)length, MPI_DOUBLE, rank, WORK, MPI_COMM_WORLD);
    first[rank] = next;
    next += length;
    busy++;
  }
  while (busy > 0) {
    MPI_Status status;
    // The sender determines the place of the result, which is received directly there.
    MPI_Probe(MPI_ANY_SOURCE, WORK, MPI_COMM_WORLD, &status);
    int rank = status.MPI_SOURCE;
    long at = first[rank], length = count - at < chunk ? count - at : chunk;
    MPI_Recv(results + at, (int)length, MPI_DOUBLE, rank, WORK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    busy--;
    if (next < count) {
      length = count - next < chunk ? count - next : chunk;
      MPI_Send(items + next, (int)length, MPI_DOUBLE, rank, WORK, MPI_COMM_WORLD);
      first[rank] = next;
      next += length;
      busy++;
    }
  }
  free(first);
}

static void worker(long chunk) {
  double *items = allocate((size_t)chunk * sizeof *items);
  for (;;) {
    MPI_Status status;
    int length;
    MPI_Recv(items, (int)chunk, MPI_DOUBLE, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    if (status.MPI_TAG == STOP) break;
    MPI_Get_count(&status, MPI_DOUBLE, &length);
    for (int i = 0; i < length; i++) items[i] = items[i] * items[i];
    MPI_Send(items, length, MPI_DOUBLE, 0, WORK, MPI_COMM_WORLD);
  }
  free(items);
}

int main(int argc, char **argv) {
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  long count = option(argc, argv, "--items", 4000000), chunk = option(argc, argv, "--chunk", 4096);
  int maps = (int)option(argc, argv, "--maps", 5);
  if (ranks < 2 || count < 1 || chunk < 1 || maps < 1) fail("needs a worker, an item, a chunk and a map");

  if (rank > 0) {
    worker(chunk);
  } else {
    double *items = allocate((size_t)count * sizeof *items), *results = allocate((size_t)count * sizeof *results);
    double *seconds = allocate((size_t)maps * sizeof *seconds);
    for (long i = 0; i < count; i++) items[i] = (double)i;
    for (int map = 0; map <= maps; map++) {
      memset(results, 0, (size_t)count * sizeof *results);
      double start = MPI_Wtime();
      master(items, results, count, chunk, ranks);
      if (map > 0) seconds[map - 1] = MPI_Wtime() - start;
      for (long i = 0; i < count; i++)
        if (results[i] != items[i] * items[i]) fail("wrong answer");
    }
    for (int other = 1; other < ranks; other++) MPI_Send(NULL, 0, MPI_DOUBLE, other, STOP, MPI_COMM_WORLD);
    print_figure("squares", (double)count / median(seconds, maps));
    free(items), free(results), free(seconds);
  }
  MPI_Finalize();
  return 0;
}
