#!/usr/bin/env bash
# Builds Tests/Consumers, a separate package that uses only public names, as users do, and runs each of its programs on three
# ranks, on one, and without a launcher. The programs cover every form of entry point. Then it runs the tests of its library,
# which call mapParallel in parallel, without a launcher.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mpirun=$(dirname "$(type -P mpicc)")/mpirun
launch=("$mpirun" --oversubscribe --bind-to none)
[ "$(id -u)" -ne 0 ] || launch+=(--allow-run-as-root)
folders=()
for folder in $(mpicc -showme:libdirs); do folders+=(-Xlinker -rpath -Xlinker "$folder"); done
scratch=$PWD/.build-consumers

swift build --package-path Tests/Consumers --scratch-path "$scratch" "${folders[@]}"

failed=0
# expect PROGRAM PATTERN: checks what it prints, with lines joined by |
expect() {
  local ranks printed status
  for ranks in 0 1 3; do
    status=0
    local command=("$scratch/debug/$1")
    [ $ranks -eq 0 ] || command=("${launch[@]}" -n "$ranks" "${command[@]}")
    printed=$(timeout 60 "${command[@]}" | tr '\n' '|') || status=$?
    if [ $status -ne 0 ] || ! [[ $printed =~ ^$2$ ]]; then
      printf 'consumers.sh: %s on %s rank(s): status %s, printed %s\n' "$1" "$ranks" "$status" "$printed" >&2
      failed=1
    fi
  done
}

expect PlainMain 'right\|'
expect AsyncMain '2025\|'
expect MainActorMain '\[10, 20, 30\]\|'
expect Parsable '\[0, 1, 4, 9\]\|'
expect AsyncParsable '\[0, 1, 4, 9\]\|'
hello='hello world from [^|]*'
expect Design "${hello}input=1\.0, value\*value=1\.0\)\|($hello\|){3}${hello}input=5\.0, value\*value=25\.0\)\|"
expect Script '((1|4|9)\.0\|){3,9}'

swift test --package-path Tests/Consumers --scratch-path "$scratch" "${folders[@]}" || failed=1
[ $failed -eq 0 ] || exit 1
echo "7 programs of another package are correct on 1 and 3 ranks and without a launcher, and a library's tests pass"
