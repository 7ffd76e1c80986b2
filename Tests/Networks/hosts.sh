#!/usr/bin/env bash
# Hosts to run ranks on, on one machine: each has a network namespace and a host name of its own, seppo-a, seppo-b, …
#
#   hosts.sh up N [DELAY LOSS]   N hosts on a bridge; or on a wire that delays by so many ms, each way, and loses so many %
#   hosts.sh on HOST COMMAND…    runs it there: hosts.sh on seppo-a mpirun --host seppo-a,seppo-b …
#   hosts.sh cut HOST            pulls its cable
#   hosts.sh mend HOST           puts it back
#   hosts.sh down                ends what runs there, and the hosts
#
# Needs root. Everything is inside of namespaces, so nothing of the machine's own network changes. Their names carry
# the process that the hosts are for ($SEPPO_HOSTS, or who called; PROCESS.1, PROCESS.2, … where it has several such
# networks): two of these have hosts at the same time, and what one left behind that is no more, the next `up` or `down`
# takes away.
set -euo pipefail

owner=${SEPPO_HOSTS:-$PPID}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
letters=(a b c d e f g h)

space() { printf 'seppo-%s-%s\n' "$owner" "${1#seppo-}"; }
spaces() { ip netns list | sed -n 's/^\(seppo-[0-9][0-9.]*-[a-z]*\).*/\1/p'; }

# Whoever is in it, is ended: ranks that nobody else can reach any more too.
remove() {
  local processes
  while processes=$(ip netns pids "$1") && [ -n "$processes" ]; do
    # shellcheck disable=SC2086 # several
    kill -KILL $processes 2>/dev/null || true
    sleep 0.05
  done
  ip netns delete "$1"
  rm -rf "/etc/netns/$1"
}

down() {
  local name its
  for name in $(spaces); do
    its=${name#seppo-}
    its=${its%-*}
    if [ "$its" = "$owner" ] || ! [ -d "/proc/${its%.*}" ]; then remove "$name"; fi
  done
}

up() {
  local count=$1 i name switch
  down
  switch=$(space switch)
  ip netns add "$switch"
  for ((i = 0; i < count; i++)); do
    name=$(space "${letters[i]}")
    ip netns add "$name"
    ip -n "$name" link set lo up
    # `ip netns exec` shows it as /etc/hosts.
    mkdir -p "/etc/netns/$name"
    { printf '127.0.0.1 localhost\n'
      for letter in "${!letters[@]}"; do printf '10.77.0.%d seppo-%s\n' $((letter + 1)) "${letters[letter]}"; done
    } >"/etc/netns/$name/hosts"
  done
  if [ $# -gt 1 ]; then delayed_wire "$@"; else bridge "$count"; fi
  for ((i = 0; i < count; i++)); do
    name=$(space "${letters[i]}")
    ip -n "$name" address add "10.77.0.$((i + 1))/24" dev eth0
    ip -n "$name" link set eth0 up
  done
}

bridge() {
  local i switch
  switch=$(space switch)
  ip -n "$switch" link add bridge type bridge
  ip -n "$switch" link set bridge up
  for ((i = 0; i < $1; i++)); do
    ip -n "$switch" link add "end-${letters[i]}" type veth peer name eth0 netns "$(space "${letters[i]}")"
    ip -n "$switch" link set "end-${letters[i]}" master bridge up
  done
}

# The wire says when its ends are there: they are made in the switch's namespace, and each goes to its host.
delayed_wire() {
  local i switch ready
  switch=$(space switch)
  exec {ready}< <(exec ip netns exec "$switch" python3 "$here/wire.py" "$@" 2>&1 {lock}>&-)
  read -r -u "$ready" line || line='it said nothing'
  [ "$line" = ready ] || { printf 'hosts.sh: no wire: %s\n' "$line" >&2; exit 1; }
  for ((i = 0; i < $1; i++)); do
    ip -n "$switch" link set "end-${letters[i]}" netns "$(space "${letters[i]}")" name eth0
  done
}

# The cable is pulled on the switch's side: the host itself is as before, as far as it knows.
cable() {
  ip -n "$(space switch)" link set "end-${1#seppo-}" "$2"
}

# One at a time: two that run would both take away what a third has left behind.
alone() {
  exec {lock}>/run/seppo-hosts.lock
  flock "$lock"
}

case ${1-} in
  up) alone; up "${@:2}" ;;
  down) alone; down ;;
  cut) cable "$2" down ;;
  mend) cable "$2" up ;;
  is-cut) ip -n "$(space switch)" link show "end-${2#seppo-}" 2>/dev/null | grep -q 'state DOWN' ;;
  on)
    # shellcheck disable=SC2016 # for that sh to expand
    exec ip netns exec "$(space "$2")" unshare --uts sh -c 'hostname "$0" && exec "$@"' "${@:2}"
    ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
