#!/usr/bin/env bash
# Builds the site of the documentation from the last debug build, in which a warning is an error. Checks that each public
# symbol has a doc comment and a place under Topics, that each guide has a page, and that the blocks of code compile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
Tools/docs.sh "$folder/site" >"$folder/output" 2>&1 || { cat "$folder/output"; exit 1; }
Tests/documented.py "$folder/site"

guides=0
while IFS= read -r guide; do
  name=$(basename "$guide" .md | tr '[:upper:]' '[:lower:]')
  [ -f "$folder/site/documentation/seppompi/$name/index.html" ] || { echo "docs.sh: $guide has no page" >&2; exit 1; }
  guides=$((guides + 1))
done < <(find docs -name '*.md' ! -name DESIGN.md ! -name Benchmarks.md)
echo "$guides guides have a page"

Tests/code-blocks.py
