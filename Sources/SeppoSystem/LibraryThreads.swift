/// The variables that tell libraries, such as OpenMP's and those of linear algebra, how many threads to use.
package enum LibraryThreads {
  package static let variables = [
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
  ]
}
