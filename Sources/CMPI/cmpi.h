// MPI for Swift, whichever MPI it is.
//
// A handle is an integer in one MPI and a pointer in another. So here it is a struct, which Swift passes on and doesn't look
// into, and functions that take one have a wrapper. All others keep their names. Macros (wildcards, constants) are not imported
// into Swift, so they are wrapped too. All messages are bytes.

#ifndef SEPPO_CMPI_H
#define SEPPO_CMPI_H

// Swift does not need the C++ bindings.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#if MPI_VERSION < 3
#error "Seppo needs MPI 3.0 or newer: put a newer MPI's mpicc first on the PATH"
#endif

typedef struct { MPI_Comm mpi; } SeppoComm;
typedef struct { MPI_Request mpi; } SeppoRequest;
typedef struct { MPI_Message mpi; } SeppoMessage;

static inline int seppo_any_source(void) { return MPI_ANY_SOURCE; }
static inline int seppo_any_tag(void) { return MPI_ANY_TAG; }
static inline int seppo_success(void) { return MPI_SUCCESS; }
static inline int seppo_rank_error(void) { return MPI_ERR_RANK; }
static inline int seppo_thread_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int seppo_max_error_string(void) { return MPI_MAX_ERROR_STRING; }
static inline int seppo_max_library_version_string(void) { return MPI_MAX_LIBRARY_VERSION_STRING; }

static inline SeppoComm seppo_comm_world(void) { return (SeppoComm){MPI_COMM_WORLD}; }
static inline SeppoComm seppo_comm_self(void) { return (SeppoComm){MPI_COMM_SELF}; }
static inline SeppoComm seppo_comm_null(void) { return (SeppoComm){MPI_COMM_NULL}; }
static inline SeppoRequest seppo_request_null(void) { return (SeppoRequest){MPI_REQUEST_NULL}; }
static inline SeppoMessage seppo_message_null(void) { return (SeppoMessage){MPI_MESSAGE_NULL}; }

static inline int seppo_comm_dup(SeppoComm comm, SeppoComm *copy) { return MPI_Comm_dup(comm.mpi, &copy->mpi); }
static inline int seppo_comm_free(SeppoComm *comm) { return MPI_Comm_free(&comm->mpi); }
static inline int seppo_comm_rank(SeppoComm comm, int *rank) { return MPI_Comm_rank(comm.mpi, rank); }
static inline int seppo_comm_size(SeppoComm comm, int *size) { return MPI_Comm_size(comm.mpi, size); }

/// Has MPI return errors, instead of ending the job.
static inline int seppo_return_errors(SeppoComm comm) { return MPI_Comm_set_errhandler(comm.mpi, MPI_ERRORS_RETURN); }

static inline int seppo_abort(SeppoComm comm, int status) { return MPI_Abort(comm.mpi, status); }

static inline int seppo_isend(
  const void *bytes, int count, int destination, int tag, SeppoComm comm, SeppoRequest *request
) {
  return MPI_Isend(bytes, count, MPI_BYTE, destination, tag, comm.mpi, &request->mpi);
}

static inline int seppo_recv(void *bytes, int count, int source, int tag, SeppoComm comm) {
  return MPI_Recv(bytes, count, MPI_BYTE, source, tag, comm.mpi, MPI_STATUS_IGNORE);
}

static inline int seppo_improbe(
  int source, int tag, SeppoComm comm, int *found, SeppoMessage *message, MPI_Status *status
) {
  return MPI_Improbe(source, tag, comm.mpi, found, &message->mpi, status);
}

static inline int seppo_get_count(const MPI_Status *status, int *count) {
  return MPI_Get_count(status, MPI_BYTE, count);
}

static inline int seppo_mrecv(void *bytes, int count, SeppoMessage *message) {
  return MPI_Mrecv(bytes, count, MPI_BYTE, &message->mpi, MPI_STATUS_IGNORE);
}

static inline int seppo_imrecv(void *bytes, int count, SeppoMessage *message, SeppoRequest *request) {
  return MPI_Imrecv(bytes, count, MPI_BYTE, &message->mpi, &request->mpi);
}

static inline int seppo_test(SeppoRequest *request, int *done) {
  return MPI_Test(&request->mpi, done, MPI_STATUS_IGNORE);
}

static inline int seppo_await(SeppoRequest *request) { return MPI_Wait(&request->mpi, MPI_STATUS_IGNORE); }

static inline int seppo_bcast(void *bytes, int count, int root, SeppoComm comm) {
  return MPI_Bcast(bytes, count, MPI_BYTE, root, comm.mpi);
}

static inline int seppo_ibcast(void *bytes, int count, int root, SeppoComm comm, SeppoRequest *request) {
  return MPI_Ibcast(bytes, count, MPI_BYTE, root, comm.mpi, &request->mpi);
}

/// Gathers as many bytes from each rank.
static inline int seppo_allgather(const void *own, int count, void *all, SeppoComm comm) {
  return MPI_Allgather(own, count, MPI_BYTE, all, count, MPI_BYTE, comm.mpi);
}

/// Returns the largest number that a rank has.
static inline int seppo_allreduce_max(int *own, int *largest, SeppoComm comm) {
  return MPI_Allreduce(own, largest, 1, MPI_INT, MPI_MAX, comm.mpi);
}

// The binary interfaces for which a program can be compiled. Libraries with the same one can replace each other.
#define SEPPO_ABI_STANDARD 0
#define SEPPO_ABI_OPEN_MPI 1
#define SEPPO_ABI_MPICH 2

#if defined(OPEN_MPI)
#define SEPPO_ABI SEPPO_ABI_OPEN_MPI
#define SEPPO_ABI_VERSION OMPI_MAJOR_VERSION
#define SEPPO_MPI_RELEASE (OMPI_MAJOR_VERSION * 10000 + OMPI_MINOR_VERSION * 100 + OMPI_RELEASE_VERSION)
#elif defined(MPI_ABI_VERSION) && !defined(MPICH_NAME)
#define SEPPO_ABI SEPPO_ABI_STANDARD
#define SEPPO_ABI_VERSION MPI_ABI_VERSION
#define SEPPO_MPI_RELEASE (MPI_ABI_VERSION * 10000 + MPI_ABI_SUBVERSION * 100)
#elif defined(MPICH_VERSION) || defined(I_MPI_VERSION) || defined(MVAPICH2_VERSION) || defined(MVAPICH_VERSION) || defined(MPICH_NAME)
// https://www.mpich.org/abi: MPICH since 3.1, Intel MPI, Cray MPICH, MVAPICH
#define SEPPO_ABI SEPPO_ABI_MPICH
#define SEPPO_ABI_VERSION 12
#if defined(I_MPI_NUMVERSION)
#define SEPPO_MPI_NUMBER I_MPI_NUMVERSION
#elif defined(MPICH_NUMVERSION)
#define SEPPO_MPI_NUMBER MPICH_NUMVERSION
#else
#define SEPPO_MPI_NUMBER 0
#endif
#define SEPPO_MPI_RELEASE \
  (SEPPO_MPI_NUMBER / 10000000 * 10000 + SEPPO_MPI_NUMBER / 100000 % 100 * 100 + SEPPO_MPI_NUMBER / 1000 % 100)
#else
#error "Seppo knows Open MPI, MPICH and its descendants (Intel MPI, Cray MPICH, MVAPICH), and MPIs with the ABI of MPI 5.0 (mpicc_abi): put the mpicc of one of them first on the PATH"
#endif

static inline int seppo_abi(void) { return SEPPO_ABI; }
static inline int seppo_abi_version(void) { return SEPPO_ABI_VERSION; }
/// The release of the headers: 40104 is 4.1.4.
static inline int seppo_mpi_release(void) { return (int)(SEPPO_MPI_RELEASE); }

#endif
