// Sends arrays to workers that add 1 to each element, and back: GB per second in both directions, results on rank 0.
// Options: --arrays N --length N (Doubles per array) --maps N (measured, after one to warm up) --new 1.
//
// By default the results overwrite those of the warm-up, as a hand-written program may do. A map returns new arrays: with
// --new 1, each map here frees the results of the last one and allocates new ones too.

#include "peer.h"

static void send_next(double **arrays, long *sent, long array, int length, int rank) {
  MPI_Send(arrays[array], length, MPI_DOUBLE, rank, WORK, MPI_COMM_WORLD);
  sent[rank] = array;
}

static void master(double **arrays, double **results, long count, int length, int ranks) {
  long *sent = allocate((size_t)ranks * sizeof *sent);
  long next = 0;
  int busy = 0;
  for (int rank = 1; rank < ranks && next < count; rank++, busy++) send_next(arrays, sent, next++, length, rank);
  while (busy > 0) {
    MPI_Status status;
    MPI_Probe(MPI_ANY_SOURCE, WORK, MPI_COMM_WORLD, &status);
    int rank = status.MPI_SOURCE;
    long array = sent[rank];
    if (results[array] == NULL) results[array] = allocate((size_t)length * sizeof(double));
    MPI_Recv(results[array], length, MPI_DOUBLE, rank, WORK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    busy--;
    if (next < count) {
      send_next(arrays, sent, next++, length, rank);
      busy++;
    }
  }
  free(sent);
}

static void worker(int length) {
  double *array = allocate((size_t)length * sizeof *array);
  for (;;) {
    MPI_Status status;
    MPI_Recv(array, length, MPI_DOUBLE, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    if (status.MPI_TAG == STOP) break;
    for (int i = 0; i < length; i++) array[i] += 1;
    MPI_Send(array, length, MPI_DOUBLE, 0, WORK, MPI_COMM_WORLD);
  }
  free(array);
}

static void check(double **results, long count, int length) {
  for (long array = 0; array < count; array++)
    for (int i = 0; i < length; i++)
      if (results[array][i] != (double)(array + i + 1)) fail("wrong answer");
}

int main(int argc, char **argv) {
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  long count = option(argc, argv, "--arrays", 200);
  int length = (int)option(argc, argv, "--length", 1000000), maps = (int)option(argc, argv, "--maps", 1);
  long anew = option(argc, argv, "--new", 0);
  if (ranks < 2 || count < 1 || length < 1 || maps < 1) fail("needs a worker, an array, a length and a map");

  if (rank > 0) {
    worker(length);
  } else {
    double **arrays = allocate((size_t)count * sizeof *arrays), **results = allocate((size_t)count * sizeof *results);
    double *seconds = allocate((size_t)maps * sizeof *seconds);
    for (long array = 0; array < count; array++) {
      arrays[array] = allocate((size_t)length * sizeof(double));
      results[array] = NULL;
      for (int i = 0; i < length; i++) arrays[array][i] = (double)(array + i);
    }
    for (int map = 0; map <= maps; map++) {
      for (long array = 0; anew && array < count; array++) {
        free(results[array]);
        results[array] = NULL;
      }
      double start = MPI_Wtime();
      master(arrays, results, count, length, ranks);
      if (map > 0) seconds[map - 1] = MPI_Wtime() - start;
      check(results, count, length);
    }
    for (int other = 1; other < ranks; other++) MPI_Send(NULL, 0, MPI_DOUBLE, other, STOP, MPI_COMM_WORLD);
    double bytes = 2.0 * (double)count * length * sizeof(double);
    print_figure("arrays", bytes / median(seconds, maps) / 1e9);
  }
  MPI_Finalize();
  return 0;
}
