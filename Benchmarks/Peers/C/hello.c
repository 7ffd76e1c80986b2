// The smallest MPI program: every rank prints its host and process.

#include <mpi.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char name[256] = "";
  MPI_Init(&argc, &argv);
  if (gethostname(name, sizeof name - 1) != 0) MPI_Abort(MPI_COMM_WORLD, 1);
  printf("hello world from %s, process %d\n", name, (int)getpid());
  MPI_Finalize();
  return 0;
}
