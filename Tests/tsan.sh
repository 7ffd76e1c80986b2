#!/usr/bin/env bash
# Runs laws of the compute side, with several compute threads per rank, with Swift's thread sanitizer: accesses to what the
# calling thread and the compute threads share must be ordered.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SWIFTPM_BUILD_DIR=$PWD/.build-tsan ./mpi-run.sh build --product Laws --sanitize=thread

laws=.build-tsan/debug/Laws
log=.build-tsan/log
# The sanitizer does not see another process's writes by CMA.
launch=(mpirun --oversubscribe --bind-to none --mca btl_vader_single_copy_mechanism none -n 2)
[ "$(id -u)" -ne 0 ] || launch+=(--allow-run-as-root)

for law in 'computed elsewhere' 'threads' 'measured by earlier' 'short items, then long' 'long arrays' 'generated inputs' \
  'lowest index' "every item's outcome" 'is retried' 'behind a late item'; do
  if ! LAWS_FORK=no SEPPO_THREADS=3 TSAN_OPTIONS="exitcode=66 suppressions=$PWD/Tests/tsan-suppressions" timeout 300 "${launch[@]}" "$laws" "$law" >"$log" 2>&1; then
    cat "$log" >&2
    printf 'tsan.sh: failed at: %s\n' "$law" >&2
    exit 1
  fi
  if grep -q 'ThreadSanitizer' "$log"; then
    cat "$log" >&2
    printf 'tsan.sh: a race at: %s\n' "$law" >&2
    exit 1
  fi
  grep 'laws held' "$log"
done
