#!/usr/bin/env bash
# In ssh's place, for mpirun: agent.sh HOST COMMAND…, a line for the shell of a host that hosts.sh made.
# What the ranks print, mpirun's daemon there sends by its own connection. A pipe of mpirun's that this held open would keep
# its reader waiting for a host that is cut off.
exec </dev/null >/dev/null 2>&1
hosts=$(dirname "${BASH_SOURCE[0]}")/hosts.sh
"$hosts" on "$1" sh -c "${*:2}"
status=$?
# Of what ends on a host that is cut off ssh would not hear either.
while "$hosts" is-cut "$1"; do sleep 1; done
exit "$status"
