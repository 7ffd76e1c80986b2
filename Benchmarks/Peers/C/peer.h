// Shared by the C peers: the command line, the median, and the line of JSON that Benchmarks/run.py reads.
//
// The C peers are written as one does without a library: rank 0 is the master and computes nothing, the others are
// workers; all messages are blocking MPI_Send and MPI_Recv, with Open MPI's own defaults.

#ifndef PEER_H
#define PEER_H

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORK = 1, STOP = 2 };

/// Ends the whole job, so that a wrong answer is not measured.
static inline void fail(const char *what) {
  fprintf(stderr, "C peer: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 1);
  abort();
}

/// Returns the number after an option such as --items, or `otherwise` if the option is missing.
static inline long option(int argc, char **argv, const char *name, long otherwise) {
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return atol(argv[i + 1]);
  return otherwise;
}

static inline void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL) fail("out of memory");
  return memory;
}

static inline int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static inline void print_figure(const char *row, double value) {
  printf("{\"row\":\"%s\",\"value\":%.9g}\n", row, value);
}

#endif
