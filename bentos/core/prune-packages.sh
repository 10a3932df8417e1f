#!/bin/sh
# Takes out of a folder of installed packages what a running program never reads, then byte-compiles the rest.
# Image builds run it, in a stage that is thrown away.
# Usage: prune-packages.sh SITE_PACKAGES [PATTERN ...], the latter inside SITE_PACKAGES and allowed to match nothing.
set -eu
cd "$1"
shift

# Tests of packages, type stubs, sources of compiled modules, headers, static libraries, maps of minified scripts.
find . -type d -name tests -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.hpp' \
  -o -name '*.f90' -o -name '*.a' -o -name '*.js.map' -o -name '*.css.map' \) -delete
for pattern in "$@"; do
  # shellcheck disable=SC2086 # a pattern is meant to be expanded, here and not by whoever calls
  rm -rf ./$pattern
done

# Nothing changes these files any more, so Python need not compare them with their sources whenever it starts.
find . -type d -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash .
