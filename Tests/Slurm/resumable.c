/* Stands in for Tests/Programs/Resumable, with the same options and the same line at the end, until it builds. */
#include <fcntl.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

static volatile sig_atomic_t stop;
static void asked(int signal) { (void)signal; stop = 1; }

static void append(const char *file, const char *line) {
  int descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT, 0644);
  if (write(descriptor, line, strlen(line)) < 0) exit(1);
  fsync(descriptor);
  close(descriptor);
}

static long values[100000];

int main(int count, char **words) {
  int items = 100, ms = 50, from = 0, rank, size, computed = 0, all, stopped;
  const char *checkpoint = "resumable.sqlite", *log = NULL;
  for (int i = 1; i + 1 < count; i += 2) {
    if (!strcmp(words[i], "--items")) items = atoi(words[i + 1]);
    if (!strcmp(words[i], "--ms")) ms = atoi(words[i + 1]);
    if (!strcmp(words[i], "--from")) from = atoi(words[i + 1]);
    if (!strcmp(words[i], "--checkpoint")) checkpoint = words[i + 1];
    if (!strcmp(words[i], "--log")) log = words[i + 1];
  }
  signal(SIGUSR1, asked);
  signal(SIGUSR2, asked);
  signal(SIGTERM, asked);
  MPI_Init(&count, &words);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  memset(values, -1, sizeof values);
  FILE *file = fopen(checkpoint, "r");
  long item, value, sum = 0;
  while (file && fscanf(file, "%ld %ld", &item, &value) == 2) values[item - from] = value;
  if (file) fclose(file);
  MPI_Barrier(MPI_COMM_WORLD);
  char line[100];
  for (int i = rank; i < items && !stop; i += size) {
    if (values[i] >= 0) continue;
    item = from + i;
    snprintf(line, sizeof line, "%ld %d %ld\n", item, getpid(), time(NULL));
    if (log) append(log, line);
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L}, rest;
    while (nanosleep(&pause, &rest)) pause = rest;
    snprintf(line, sizeof line, "%ld %ld\n", item, item * item % 1000003);
    append(checkpoint, line);
    computed++;
  }
  stopped = stop;
  MPI_Allreduce(MPI_IN_PLACE, &stopped, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Allreduce(&computed, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0 && !stopped) {
    file = fopen(checkpoint, "r");
    while (fscanf(file, "%ld %ld", &item, &value) == 2) sum += value;
    printf("items %d checksum %ld computed %d\n", items, sum, all);
  }
  MPI_Finalize();
  return stopped ? 75 : 0;
}
