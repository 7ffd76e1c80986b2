#!/usr/bin/env bash
# Builds the documentation of the three products as a static site, from a debug build of their modules, the catalogues in Sources
# and the guides in docs; needs Python 3.
# usage: Tools/docs.sh [FOLDER]; default: .build/docs
set -euo pipefail

case $#${1-} in 0 | 1[!-]*) ;; *) echo 'docs.sh: it takes one folder at most; type: ./mpi-run.sh docs [FOLDER]' >&2; exit 2 ;; esac
tools=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
site=${1:-${SWIFTPM_BUILD_DIR:-$tools/../.build}/docs}
type -P python3 >/dev/null || { echo 'docs.sh: python3 is not on the PATH: install it, then run this again' >&2; exit 3; }
# DocC is beside the compiler, unless both are found through links.
docc=$(type -P docc || true)
[ -n "$docc" ] || docc=$(swift -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin/docc|p')
[ -x "$docc" ] || { echo 'docs.sh: docc is not on the PATH: add the folder usr/bin of your Swift toolchain to it' >&2; exit 3; }
mark=.made-by-seppo-docs
if [ -n "$(ls -A "$site" 2>/dev/null)" ] && [ ! -e "$site/$mark" ]; then
  echo "docs.sh: $site has other files, which would be removed: name another folder, or remove it" >&2
  exit 2
fi

# Both import SeppoMPI.
for module in SeppoCheckpoint SeppoTesting; do "$tools/../mpi-run.sh" build --target "$module" >&2; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tools/docs-input.py" "$work"

archives=() dependencies=()
for module in SeppoMPI SeppoCheckpoint SeppoTesting; do
  "$docc" convert "$work/$module.docc" --additional-symbol-graph-dir "$work/$module/graphs" --warnings-as-errors \
    --fallback-display-name "$module" --fallback-bundle-identifier "seppo.$module" --fallback-default-module-kind Library \
    --enable-experimental-external-link-support ${dependencies[@]+"${dependencies[@]}"} \
    --output-dir "$work/$module.doccarchive" | sed '/^$/d' >&2
  archives+=("$work/$module.doccarchive")
  dependencies+=(--dependency "$work/$module.doccarchive") # a module may link to those before it
done
"$docc" merge "${archives[@]}" --synthesized-landing-page-name Seppo --output-path "$work/site" | sed '/^$/d' >&2

mkdir -p "$(dirname "$site")"
rm -rf "$site"
mv "$work/site" "$site"
touch "$site/$mark"
site=$(CDPATH='' cd "$site" && pwd)
printf '%s\n' "The documentation is in $site/index.html. To look at it:" \
  "  python3 -m http.server --directory '$site' 8000" \
  "and open http://localhost:8000/documentation in a browser."
