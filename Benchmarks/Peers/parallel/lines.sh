#!/usr/bin/env bash
# Prints the command lines per second of a program that reads lines from standard input and runs `true` for each.
#
#   lines.sh LINES PROGRAM ARGUMENTS...
set -euo pipefail
lines=$1
shift
# The same shell for all.
export PARALLEL_SHELL=/bin/sh PARALLEL_HOME=${TMPDIR:-/tmp}
start=$(date +%s%N)
seq "$lines" | "$@" true 2>/dev/null
printf '{"row": "commands", "value": %s}\n' "$(awk -v n="$lines" -v t=$(($(date +%s%N) - start)) 'BEGIN { print n / t * 1e9 }')"
