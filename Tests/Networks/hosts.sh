#!/usr/bin/env bash
# Simulates several hosts on one machine: each has its own network namespace and host name, seppo-a, seppo-b, …
#
#   hosts.sh up N [DELAY LOSS]   N hosts on a bridge, or on a network with a delay of DELAY ms each way and a loss of LOSS %
#   hosts.sh on HOST COMMAND…    runs COMMAND there: hosts.sh on seppo-a mpirun --host seppo-a,seppo-b …
#   hosts.sh cut HOST            disconnects it
#   hosts.sh mend HOST           connects it again
#   hosts.sh down                kills the processes there, and removes the hosts
#
# Needs root. Everything is in namespaces, so the machine's own network does not change. Their names contain the id of the
# process that owns the hosts ($SEPPO_HOSTS, or the caller; PROCESS.1, PROCESS.2, … for several networks of one process).
# So several processes can have hosts at the same time, and the next `up` or `down` removes those of processes that have
# ended.
set -euo pipefail

owner=${SEPPO_HOSTS:-$PPID}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
letters=(a b c d e f g h)

space() { printf 'seppo-%s-%s\n' "$owner" "${1#seppo-}"; }
spaces() { ip netns list | sed -n 's/^\(seppo-[0-9][0-9.]*-[a-z]*\).*/\1/p'; }

# Kills all processes in the namespace, including ranks that are unreachable otherwise.
remove() {
  local processes
  while processes=$(ip netns pids "$1") && [ -n "$processes" ]; do
    # shellcheck disable=SC2086 # several words
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
    # `ip netns exec` mounts it as /etc/hosts.
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

# wire.py prints a line when its devices exist: they are created in the switch's namespace, and each moves to its host.
delayed_wire() {
  local i switch ready
  switch=$(space switch)
  exec {ready}< <(exec ip netns exec "$switch" python3 "$here/wire.py" "$@" 2>&1 {lock}>&-)
  read -r -u "$ready" line || line='wire.py printed nothing'
  [ "$line" = ready ] || { printf 'hosts.sh: wire.py did not start: %s\n' "$line" >&2; exit 1; }
  for ((i = 0; i < $1; i++)); do
    ip -n "$switch" link set "end-${letters[i]}" netns "$(space "${letters[i]}")" name eth0
  done
}

# Changes the switch's end of the link, so that the host itself does not notice.
cable() {
  ip -n "$(space switch)" link set "end-${1#seppo-}" "$2"
}

# Only one at a time: two would both remove the same leftover hosts.
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
    # shellcheck disable=SC2016 # expanded by that sh
    exec ip netns exec "$(space "$2")" unshare --uts sh -c 'hostname "$0" && exec "$@"' "${@:2}"
    ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
