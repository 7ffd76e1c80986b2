#!/usr/bin/env bash
# In ssh's place, for mpirun: agent.sh HOST COMMAND…, a line for the shell of a host that hosts.sh made.
exec "$(dirname "${BASH_SOURCE[0]}")/hosts.sh" on "$1" sh -c "${*:2}"
