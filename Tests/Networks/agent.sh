#!/usr/bin/env bash
# Replaces ssh for mpirun: agent.sh HOST COMMAND…, a shell command line for a host made by hosts.sh.
# mpirun's daemon there sends the output of the ranks over its own connection. If this script kept a pipe of mpirun open,
# the pipe's reader would wait for a host that is cut off.
exec </dev/null >/dev/null 2>&1
hosts=$(dirname "${BASH_SOURCE[0]}")/hosts.sh
"$hosts" on "$1" sh -c "${*:2}"
status=$?
# Like ssh, do not report the end of a command on a host that is cut off.
while "$hosts" is-cut "$1"; do sleep 1; done
exit "$status"
