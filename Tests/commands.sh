#!/usr/bin/env bash
# The example Commands against GNU parallel: outputs, files, statuses and job logs are equal.
#
#   Tests/commands.sh [RANKS...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
ranks=("${@:-3}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
# The same shell for both.
export PARALLEL_SHELL=/bin/sh
mkdir -p "$work/home"
export PARALLEL_HOME=$work/home
touch "$work/home/will-cite"
commands=$root/.build/release/Commands

ours() {
  timeout -s QUIT 120 mpirun --allow-run-as-root --oversubscribe --bind-to none -n "$count" "$commands" "$@"
}
theirs() { parallel -j3 "$@"; }

# result NAME COMMAND...: runs it in a folder of its own, with what is in $prepare; standard input is in $input
result() {
  local name=$1 folder
  shift
  folder=$work/$name
  rm -rf "$folder"
  mkdir -p "$folder/run"
  (
    cd "$folder/run"
    eval "$prepare"
    status=0
    printf '%b' "$input" | "$@" >../output 2>../errors || status=$?
    echo $status >../status
  )
  # Remarks of each, and of mpirun if a program fails.
  sed -i '/^Commands: /d; /^parallel: This job failed:/ { N; d }; /^parallel: /d; /^-----/,/^-----/d; /ORTE_ERROR_LOG/d; /more process.* ha.* sent help message/d; /orte_base_help_aggregate/d' "$folder/errors"
  # The columns that don't depend on the time and the machine.
  if [ -e "$folder/run/log" ]; then
    { awk -F '\t' -v OFS='\t' '{ print $1, $6, $7, $8, $9 }' "$folder/run/log" | sort -n; } >"$folder/run/log.columns"
    rm "$folder/run/log"
  fi
  if [ -n "$order" ]; then return; fi
  sort -o "$folder/output" "$folder/output"
  sort -o "$folder/errors" "$folder/errors"
}

# same [order] WHAT ARGUMENTS...: both do the same with these arguments
same() {
  order=''
  if [ "$1" = order ]; then order=yes; shift; fi
  local what=$1
  shift
  result theirs theirs "$@"
  result ours ours "$@"
  if diff -r "$work/theirs" "$work/ours" >"$work/diff"; then
    echo "ok    $what ($count ranks)"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s (%d ranks)\n' "$what" "$count"
    sed 's/^/        /' "$work/diff"
  fi
  prepare='' input=''
}

prepare='' input=''
# shellcheck disable=SC2016 # arguments
odd=('a b.c' x/y.z "it's" '' '-n' 'ä*' '$HOME' '\n' '"q"' 'a;b' .hidden d.d/e /top 'end.' '~' 'tab	tab' a/ / b//c a/b/ a.b/)
for count in "${ranks[@]}"; do
  # shellcheck disable=SC1083,SC2016 # for the shell of the jobs
  {
    same 'replacement strings, quotes' 'printf "%s|" {} {.} {/} {//} {/.} {#} {1} {1.}; echo' ::: "${odd[@]}"
    same 'an appended argument' printf '%s\\n' ::: "${odd[@]}"
    same order 'the order of the arguments' -k 'sleep 0.{}; echo {}' ::: 3 1 2
    same order 'lists, combined' -k echo {2} {1} {} ::: 1 2 3 ::: a 'b c'
    same 'lists, one of which is empty' 'echo {2}-{1}' ::: a b :::
    same 'no arguments' echo :::
    same 'long errors' 'seq {} >&2' ::: 450000
    same 'the first failure that starts no more' --halt soon,fail=1 'sleep {}; echo {}; false' ::: 1 1.3 1.6 5 6 7
    same 'arguments without a command' --joblog log ::: 'echo a' 'exit 3' 'kill -9 $$' 'exit 300' ''
    input='one\n\n two  three \nlast' same 'lines of standard input' 'echo "[{}]"'
    prepare="printf 'x 1\ny 2\n' >lines" same 'lines of a file' -a lines --joblog log 'echo {}; exit {#}'
    input='echo 1\necho 2 >&2; false\n' same 'commands of standard input' --joblog log
    same 'a job log' --joblog log 'echo {}{}; echo e{} >&2; exit {#}' ::: 1 2 3 'a b'
    same 'a time limit' --timeout 1 --joblog log 'echo started; sleep {}' ::: 0 60
    prepare='mkdir tries' same 'retries' --retries 3 --joblog log 'echo >>tries/{}; [ $(wc -l <tries/{}) -ge {} ]' ::: 1 2 3 4
    prepare="printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n1\t:\t1\t1\t0\t0\t0\t0\tx\n3\t:\t1\t1\t0\t0\t1\t0\ty\n' >log" \
      same 'the rest of a job log' --resume --joblog log echo ::: a b c d
    prepare="printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n1\t:\t1\t1\t0\t0\t0\t0\tx\n3\t:\t1\t1\t0\t0\t1\t0\ty\n' >log" \
      same 'the failed jobs of a job log' --resume-failed --joblog log echo ::: a b c d
    same 'results in files' --results out 'echo {}; echo e >&2' ::: 'a/b' 'c\d' 'e f' ::: 1 2
    same order 'command lines only' --dry-run echo {} {.} ::: 'a b.c' "it's"
    same 'more failures than 100' 'exit 1' ::: $(seq 120)
    same '100 failures' 'exit 1' ::: $(seq 100)
    same 'a failure that ends it' --halt now,fail=1 'sleep {}; exit 7' ::: 0 30 30
    same 'long and simultaneous outputs' 'head -c 300000 /dev/zero | tr "\0" {}; echo' ::: a b c d e f
  }
done
# The whole way of the words, through mpi-run.sh and mpirun.
# shellcheck disable=SC2016 # an argument
output=$(./mpi-run.sh -n 2 Commands -k 'echo {#} {}' ::: a ' : ' '"$b"' -- --bind-to 2>/dev/null)
# shellcheck disable=SC2016 # an argument
if [ "$output" = "$(printf '%s\n' '1 a' '2  : ' '3 "$b"' '4 --' '5 --bind-to')" ]; then
  echo 'ok    words pass mpi-run.sh and mpirun unchanged'
else
  failed=$((failed + 1))
  printf 'FAIL  words pass mpi-run.sh and mpirun unchanged:\n%s\n' "$output"
fi
[ $failed -eq 0 ] || { echo "$failed differ"; exit 1; }
echo "Commands does as GNU parallel does"
