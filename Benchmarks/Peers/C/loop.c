// Maps few short items in a loop, with a static split: MPI_Scatterv, MPI_Gatherv, and MPI_Bcast, because each rank needs all
// results for the next map. Work divided by (cores x time).
// Options: --items N --nanoseconds N (mean time of an item) --permille N (1000 x sigma of the logarithm of the times)
// --maps N (measured, after 20 to warm up) --cores N.

#define _GNU_SOURCE
#include "peer.h"
#include <math.h>
#include <stdint.h>
#include <time.h>

static double mean, sigma, clock_time;

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint64_t next(uint64_t state) { return mix(state + 0x9E3779B97F4A7C15u); }

static double uniform(uint64_t bits) { return ((double)(bits >> 11) + 1) / 9007199254740992.0; }

// The time of an item, log-normal, from its state: the same as in Seppo's program.
static double nanoseconds(uint64_t state) {
  if (sigma == 0) return mean;
  double normal = sqrt(-2 * log(uniform(mix(state)))) * cos(2 * M_PI * uniform(mix(~state)));
  return mean * exp(sigma * normal - sigma * sigma / 2);
}

static double processor_time(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) fail("clock_gettime failed");
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

// Takes the item's processor time, including the reading of the clock.
static uint64_t compute(uint64_t state) {
  double end = processor_time() + nanoseconds(state) - 1.5 * clock_time;
  while (processor_time() < end) continue;
  return next(state);
}

int main(int argc, char **argv) {
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  int count = (int)option(argc, argv, "--items", 64);
  long maps = option(argc, argv, "--maps", 500), cores = option(argc, argv, "--cores", 2);
  mean = (double)option(argc, argv, "--nanoseconds", 50000);
  sigma = (double)option(argc, argv, "--permille", 0) / 1000;
  if (count < 1 || maps < 1 || cores < 1) fail("needs an item, a map and a core");

  int *counts = allocate((size_t)ranks * sizeof *counts), *starts = allocate((size_t)ranks * sizeof *starts);
  for (int other = 0, start = 0; other < ranks; other++) {
    counts[other] = count / ranks + (other < count % ranks);
    starts[other] = start;
    start += counts[other];
  }
  uint64_t *all = allocate((size_t)count * sizeof *all), *first = allocate((size_t)count * sizeof *first);
  uint64_t *own = allocate((size_t)count * sizeof *own);
  for (int i = 0; i < count; i++) all[i] = (uint64_t)i * 0x9E3779B97F4A7C15u;

  // The least of several, because other load makes it longer.
  for (int round = 0; round < 20; round++) {
    double begin = processor_time();
    for (int i = 0; i < 999; i++) processor_time();
    double each = (processor_time() - begin) / 1000;
    if (round == 0 || each < clock_time) clock_time = each;
  }

  double start = 0;
  for (long map = -20; map < maps; map++) {
    if (map == 0) {
      memcpy(first, all, (size_t)count * sizeof *first);
      MPI_Barrier(MPI_COMM_WORLD);
      start = MPI_Wtime();
    }
    MPI_Scatterv(all, counts, starts, MPI_UINT64_T, own, counts[rank], MPI_UINT64_T, 0, MPI_COMM_WORLD);
    for (int i = 0; i < counts[rank]; i++) own[i] = compute(own[i]);
    MPI_Gatherv(own, counts[rank], MPI_UINT64_T, all, counts, starts, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    MPI_Bcast(all, count, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  }
  double seconds = MPI_Wtime() - start;
  if (rank == 0) {
    double work = 0;
    for (long map = 0; map < maps; map++)
      for (int i = 0; i < count; i++) {
        work += nanoseconds(first[i]);
        first[i] = next(first[i]);
      }
    if (memcmp(first, all, (size_t)count * sizeof *first) != 0) fail("wrong answer");
    print_figure("loop", work / ((double)cores * seconds * 1e9));
  }
  MPI_Finalize();
  return 0;
}
