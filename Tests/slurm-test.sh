#!/usr/bin/env bash
# Runs the scripts of Examples/batch in a real Slurm on this machine, which Tests/Slurm/slurm.sh starts; as root.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(cd "$(mktemp -d)" && pwd -P)
slurm() { Tests/Slurm/slurm.sh "$1" "$work/slurm" "${@:2}"; }
# shellcheck disable=SC2317 # the trap calls it
finish() {
  slurm stop || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
passed=0 failed=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# The programs

folder=$(./mpi-run.sh build --show-bin-path 2>/dev/null)
./mpi-run.sh build --product HelloWorld >/dev/null
hello=$folder/HelloWorld
./mpi-run.sh build --product Resumable >/dev/null
resumable=$folder/Resumable

slurm start
export SLURM_CONF=$work/slurm/slurm.conf

# Jobs

# submit NAME SCRIPT PROGRAM [SBATCH OPTION...]: submits an example script with another program; sets $job to its number
submit() {
  local name=$1 script=$2 program=$3
  shift 3
  sed "s|^program=.*|program=($program)|" "Examples/batch/$script" >"$work/$name.sh"
  job=$(sbatch --parsable --chdir="$work" --output="$work/$name.out" --job-name="$name" --time=2 "$@" "$work/$name.sh")
}

# until_true SECONDS WHAT COMMAND...: waits until COMMAND succeeds; if it doesn't, prints the state of the jobs and processes
until_true() {
  local what=$2 last=$((SECONDS + $1))
  shift 2
  until "$@"; do
    if [ $SECONDS -ge $last ]; then
      echo "FAIL  timed out: $what"
      failed=$((failed + 1))
      squeue || true
      scontrol show job || true
      tail -n 30 "$work"/*.out "$work"/slurm/*.log || true
      ps --ppid 2 -p 2 --deselect -o pid,ppid,etimes,stat,wchan:20,args || true
      return 1
    fi
    sleep 0.2
  done
}
# ended JOB: whether it is in a final state; false if squeue fails. Checking for other states would not do: a job that is
# being signalled is in none of them for a moment.
ended() {
  local states
  states=$(squeue --noheader --jobs="$1" --states=all --format=%T 2>/dev/null) && [ -n "$states" ] &&
    ! grep -Evqx 'COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL' <<<"$states"
}
has_ended() { until_true 90 "job $1 has ended" ended "$1"; }
has_started() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }
exit_code() { scontrol show job "$1" | sed -n 's/.*ExitCode=\([0-9:]*\).*/\1/p'; }
restarts() { scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p'; }
state() { scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'; }

# equal NAME ACTUAL EXPECTED
equal() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
    echo "ok    $1"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n        wanted: %s\n        got: %s\n' "$1" "$3" "$2"
    tail -n 30 "$work"/*.out || true
  fi
}
# checksum FROM ITEMS
checksum() {
  local sum=0 item
  for ((item = $1; item < $1 + $2; item++)); do sum=$((sum + item * item % 1000003)); done
  echo "items $2 checksum $sum"
}
result() { sed -n 's/^\(items .*\) computed .*/\1/p' "$work/$1.out"; }
twice() { cut -d ' ' -f 1 "$1" | sort -n | uniq -d | tr '\n' ' '; }

# All jobs at once, as far as there are CPUs

submit requeued slurm-requeue.sh "$resumable --items 120 --ms 500 --checkpoint requeued.db --log requeued.log" \
  --ntasks=2 --time=1 --signal=B:USR1@50
requeued=$job
submit signalled slurm-srun.sh "$resumable --items 60 --ms 200 --checkpoint signalled.db --log signalled.log" --ntasks=2
signalled=$job
submit batch slurm-mpirun.sh "$resumable --items 60 --ms 200 --checkpoint batch.db --log batch.log" --ntasks=2
batch=$job

submit killed slurm-requeue.sh "$resumable --items 60 --ms 200 --checkpoint killed.db --log killed.log" --ntasks=2
killed=$job
until_true 60 'items of a job that loses a rank' has_started "$work/killed.log" 20
kill -KILL "$(awk 'END { print $2 }' "$work/killed.log")"
submit cancelled slurm-requeue.sh "$resumable --items 60 --ms 500 --checkpoint cancelled.db --log cancelled.log" --ntasks=1
cancelled=$job

until_true 60 'items under srun' has_started "$work/signalled.log" 4
scancel --signal=USR1 "$signalled"
until_true 60 'items under mpirun' has_started "$work/batch.log" 4
scancel --batch --signal=USR1 "$batch"
for name in signalled batch; do
  has_ended "${!name}"
  equal "$name: asked to stop, the job ends with 75" "$(exit_code "${!name}")" 75:0
  equal "$name: asked to stop, the job prints no result" "$(result "$name")" ''
done
submit signalled slurm-srun.sh "$resumable --items 60 --ms 200 --checkpoint signalled.db --log signalled.log" --ntasks=3
signalled=$job
submit batch slurm-mpirun.sh "$resumable --items 60 --ms 200 --checkpoint batch.db --log batch.log" --ntasks=1
batch=$job
for name in signalled batch; do
  has_ended "${!name}"
  equal "$name: resumed with another number of ranks, it completes" "$(state "${!name}")" COMPLETED
  equal "$name: the result is correct" "$(result "$name")" "$(checksum 0 60)"
  equal "$name: no item was computed twice" "$(twice "$work/$name.log")" ''
  equal "$name: every item was computed" "$(wc -l <"$work/$name.log")" 60
done

submit hello-srun slurm-srun.sh "$hello" --ntasks=2
has_ended "$job"
equal 'HelloWorld runs with srun' "$(grep -c '^hello world from' "$work/hello-srun.out") $(exit_code "$job")" '5 0:0'
submit hello-mpirun slurm-mpirun.sh "$hello" --ntasks=2
has_ended "$job"
equal 'HelloWorld runs with mpirun' "$(grep -c '^hello world from' "$work/hello-mpirun.out") $(exit_code "$job")" '5 0:0'

submit array slurm-array.sh \
  "$resumable --from \$((SLURM_ARRAY_TASK_ID * 1000)) --items 20 --ms 50" --array=0-2 --ntasks=2 --output="$work/array-%a.out"
has_ended "$job"
for task in 0 1 2; do
  equal "array: task $task computes its slice" "$(result "array-$task")" "$(checksum $((task * 1000)) 20)"
  equal "array: task $task has its own checkpoint" "$(find "$work" -name "slice-$task.sqlite" | grep -c .)" 1
done

status=0
output=$(timeout 60 srun --mpi=none --ntasks=2 "$hello" 2>&1) || status=$?
equal 'srun --mpi=none: the program fails' "$((status != 0 && status != 124))" 1
case $output in *'srun --mpi=pmix'*) named=yes ;; *) named=$output ;; esac
equal 'srun --mpi=none: the message says what to use' "$named" yes

until_true 60 'items of a job that is cancelled' has_started "$work/cancelled.log" 1
scancel "$cancelled"
has_ended "$cancelled"
equal 'cancelled: the job is not requeued' "$(state "$cancelled") $(restarts "$cancelled")" 'CANCELLED 0'

has_ended "$killed"
equal 'killed: the job completes' "$(state "$killed")" COMPLETED
equal 'killed: the job was requeued once' "$(restarts "$killed")" 1
equal 'killed: the result is correct' "$(result killed)" "$(checksum 0 60)"
equal 'killed: some results were stored' "$(($(sed -n 's/^items .* computed //p' "$work/killed.out") < 60))" 1

submit erring slurm-requeue.sh "$resumable --no-such-option 1" --ntasks=2
has_ended "$job"
equal 'error of the program: the job is not requeued' "$(state "$job") $(restarts "$job")" 'FAILED 0'

has_ended "$requeued"
equal 'requeued: the job completes' "$(state "$requeued")" COMPLETED
equal 'requeued: the job was requeued' "$(($(restarts "$requeued") > 0))" 1
equal 'requeued: the result is correct' "$(result requeued)" "$(checksum 0 120)"
equal 'requeued: no item was computed twice' "$(twice "$work/requeued.log")" ''

echo "$passed passed, $failed failed, in $SECONDS s"
[ "$failed" -eq 0 ]
