#!/usr/bin/env bash
# Runs a private Slurm on this machine, with one node of 8 CPUs, whatever the real number; for tests, as root:
#   Tests/Slurm/slurm.sh start DIR        keeps state, logs and keys in DIR; uses free ports, so that several can run
#   Tests/Slurm/slurm.sh run DIR CMD...   runs sbatch, srun, squeue, ... with it
#   Tests/Slurm/slurm.sh stop DIR         ends its jobs and daemons and removes DIR
# Needs Debian's slurm-wlm and munge.
set -euo pipefail

fail() { printf 'slurm.sh: %s\n' "$@" >&2; exit 1; }

# until_true SECONDS COMMAND...
until_true() {
  local last=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $last ] || return 1
    sleep 0.1
  done
}

# free_ports: prints two unused ports
free_ports() {
  local port found=0
  for ((port = 20000 + RANDOM % 10000; found < 2; port++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
    echo "$port"
    found=$((found + 1))
  done
}

configure() {
  local host ports
  host=$(uname -n)
  mapfile -t ports < <(free_ports)
  cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
JobRequeue=1
ReturnToService=2
SwitchType=switch/none
SlurmctldTimeout=10
SlurmdTimeout=30
KillWait=2
MinJobAge=600
InactiveLimit=0
OverTimeLimit=0
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0,requeue_delay=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
  # Without this file, Slurm reads the system's cgroup.conf.
  printf 'CgroupAutomount=no\n' >"$dir/cgroup.conf"
}

node_is_idle() { [ "$(sinfo --noheader --format=%t)" = idle ]; }

start() {
  local tool
  for tool in munged slurmctld slurmd srun; do
    PATH=$PATH:/usr/sbin type -P "$tool" >/dev/null || fail "$tool is missing: apt-get install slurm-wlm munge"
  done
  [ "$(id -u)" -eq 0 ] || fail "this needs root"
  [ ! -e "$dir/slurm.conf" ] || fail "$dir already has a Slurm; stop it first"
  mkdir -p "$dir"/{state,spool,munge}
  dd if=/dev/urandom of="$dir/munge/key" bs=128 count=1 2>/dev/null
  chmod 700 "$dir/munge"
  chmod 600 "$dir/munge/key"
  configure
  # munged requires folders that only their owner can write to; --force for a path with others, such as /tmp.
  munged --force --socket="$dir/munge.socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" --num-threads=2 2>"$dir/munge/err"
  slurmctld -c -f "$dir/slurm.conf"
  slurmd -c -f "$dir/slurm.conf" -N "$(uname -n)"
  until_true 30 node_is_idle || { sinfo >&2 || true; tail -n 20 "$dir"/*.log >&2; fail "the node did not become idle"; }
}

# Prints the daemons of this Slurm: those with $dir in their command line or environment.
processes() {
  local folder name
  for folder in /proc/[0-9]*; do
    IFS= read -r name 2>/dev/null <"$folder/comm" || continue
    case $name in munged | slurmctld | slurmd | slurmstepd) ;; *) continue ;; esac
    if grep -Fqs -e "$dir/" "$folder/cmdline" "$folder/environ"; then echo "${folder#/proc/}"; fi
  done 2>/dev/null
}
none_left() { [ -z "$(processes)" ]; }

stop() {
  local pid signal
  [ -e "$dir/slurm.conf" ] || return 0
  timeout 10 scancel --full --user=root >/dev/null 2>&1 || true
  timeout 10 scancel --signal=KILL --user=root >/dev/null 2>&1 || true
  until_true 10 no_jobs || true
  timeout 10 scontrol shutdown >/dev/null 2>&1 || true
  until_true 5 none_but_munge || true
  for signal in TERM KILL; do
    for pid in $(processes); do kill -$signal "$pid" 2>/dev/null || true; done
    until_true 5 none_left && break
  done
  none_left || fail "these processes do not end: $(processes)"
  rm -rf "$dir"
}
no_jobs() { [ -z "$(timeout 5 squeue --noheader)" ]; }
none_but_munge() { [ "$(processes | wc -l)" -le 1 ]; }

[ $# -ge 2 ] || fail "type: slurm.sh start DIR, slurm.sh run DIR CMD..., slurm.sh stop DIR"
verb=$1
mkdir -p "$(dirname "$2")"
dir=$(cd "$(dirname "$2")" && pwd -P)/$(basename "$2")
shift 2
export PATH=$PATH:/usr/sbin SLURM_CONF=$dir/slurm.conf
case $verb in
  start) start ;;
  stop) stop ;;
  run) exec "$@" ;;
  *) fail "unknown command $verb; the commands are start, run and stop" ;;
esac
