// MPI for Swift. MPI functions keep their names. MPI's macros (handles, wildcards, null constants) are not
// imported into Swift, so they are wrapped in inline functions here.

#ifndef SEPPO_CMPI_H
#define SEPPO_CMPI_H

// Swift does not need the C++ bindings.
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#ifndef OPEN_MPI
#error "Seppo needs Open MPI: put its mpicc first on the PATH, or install libopenmpi-dev (apt), openmpi-devel (dnf) or open-mpi (Homebrew)"
#endif

static inline MPI_Comm seppo_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm seppo_comm_self(void) { return MPI_COMM_SELF; }
static inline MPI_Comm seppo_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Datatype seppo_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype seppo_int(void) { return MPI_INT; }
static inline MPI_Op seppo_max(void) { return MPI_MAX; }
static inline MPI_Request seppo_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Message seppo_message_null(void) { return MPI_MESSAGE_NULL; }
static inline MPI_Errhandler seppo_errors_return(void) { return MPI_ERRORS_RETURN; }

static inline int seppo_any_source(void) { return MPI_ANY_SOURCE; }
static inline int seppo_any_tag(void) { return MPI_ANY_TAG; }
static inline int seppo_success(void) { return MPI_SUCCESS; }
static inline int seppo_thread_serialized(void) { return MPI_THREAD_SERIALIZED; }
static inline int seppo_max_error_string(void) { return MPI_MAX_ERROR_STRING; }
static inline int seppo_max_library_version_string(void) { return MPI_MAX_LIBRARY_VERSION_STRING; }

// The version of the Open MPI headers used at compile time.
static inline int seppo_compiled_major(void) { return OMPI_MAJOR_VERSION; }
static inline int seppo_compiled_minor(void) { return OMPI_MINOR_VERSION; }
static inline int seppo_compiled_release(void) { return OMPI_RELEASE_VERSION; }

#endif
