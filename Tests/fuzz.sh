#!/usr/bin/env bash
# Fuzzes the decoder: Tests/fuzz.sh [SECONDS [sanitized]]   (default 30: half without, half with the address sanitizer;
# all of it with the sanitizer if the second argument says so, which saves a build)
# Fails if libFuzzer finds a crash, a hang or a leak, or ran too few inputs to be meaningful.
set -euo pipefail

readonly seconds=${1:-30} mode=${2:-both}
readonly least_runs=10000

if [[ ! $mode =~ ^(both|sanitized)$ ]]; then
  echo "fuzz.sh: the second argument must be 'sanitized' or missing, not '$mode'" >&2
  exit 64
fi
if [[ ! $seconds =~ ^[0-9]+$ || $seconds -lt 2 ]]; then
  echo "fuzz.sh: SECONDS must be a whole number of at least 2, not '$seconds'" >&2
  exit 64
fi

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz NAME SCRATCH [OPTION...]: builds in the scratch folder with these options, and fuzzes. Sets `runs`.
fuzz() {
  local name=$1 scratch=$2
  shift 2
  local log=$work/$name.log corpus=$work/$name findings=$PWD/$scratch/findings
  # Release: with a debug build and libFuzzer, the gold linker of the Swift toolchain has an internal error.
  local build=(swift build -c release --product FuzzWire --scratch-path "$scratch"
    -Xswiftc -sanitize=fuzzer -Xswiftc -DFUZZ "$@")
  if ! "${build[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    echo "fuzz.sh: the $name build failed" >&2
    exit 1
  fi
  local program
  program=$("${build[@]}" --show-bin-path 2>>"$log")/FuzzWire
  "$program" --seed "$corpus"
  mkdir -p "$findings"
  if ! "$program" -max_total_time="$time" -rss_limit_mb=2048 -timeout=10 -max_len=2048 \
    -artifact_prefix="$findings/" "$corpus" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz.sh: the $name run found something; the input is in $findings" >&2
    exit 1
  fi
  runs=$(sed -n 's/^Done \([0-9][0-9]*\) runs.*/\1/p' "$log")
  if [[ -z $runs || $runs -le $least_runs ]]; then
    tail -n 20 "$log" >&2
    echo "fuzz.sh: ${runs:-no} inputs ran in the $name run; more than $least_runs are required" >&2
    exit 1
  fi
}

time=$seconds plain=0
if [ "$mode" = both ]; then
  time=$((seconds / 2))
  fuzz plain .build-fuzz
  plain=$runs
fi
fuzz address-sanitizer .build-fuzz-asan --sanitize=address
echo "fuzz.sh: nothing found in $plain inputs without and $runs inputs with the address sanitizer"
