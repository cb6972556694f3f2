#!/bin/bash
# Builds oneTBB with the thread sanitizer from the distribution's own source
# package, once, into the cache. stdout: the directory for CMake's TBB_DIR.
#
#   CXX=g++ src/setup/tbb_tsan.sh
#
# Tests must be compiled by the same compiler.
set -euo pipefail
say() { printf 'tbb_tsan: %s\n' "$*" >&2; }

cxx=${CXX:-g++}
version=$(dpkg-query -W -f '${Version}' libtbb-dev)
compiler=$(basename "$cxx")-$("$cxx" -dumpversion)
home=${HOME:-$(echo ~)}
cache=${QUARRY_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/quarry}
place=$cache/tbb-tsan-${version//[^a-zA-Z0-9.]/_}-$compiler
config=$place/lib/cmake/TBB

if [ ! -e "$place/.complete" ]; then
  say "building oneTBB $version with the thread sanitizer into $place"
  mkdir -p "$cache"
  half=$(mktemp -d "$cache/.tbb-tsan.XXXXXX")
  trap 'rm -rf "$half"' EXIT

  # Source entries for the distribution's own archives, in lists of our own:
  # the system's stay as they are.
  apt-get indextargets --format \
    '$(CREATED_BY) $(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
    awk '$1 == "Packages" && ($2 == "Debian" || $2 == "Ubuntu") \
      { print "deb-src", $3, $4, $5 }' | sort -u >"$half/sources.list"
  if [ ! -s "$half/sources.list" ]; then
    say "apt knows no package archive: run apt-get update first"
    exit 1
  fi
  mkdir -p "$half"/{lists,cache,source,build}/partial
  apt=(apt-get -q -o Dir::Etc::SourceList="$half/sources.list"
    -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$half/lists"
    -o Dir::Cache="$half/cache" -o APT::Sandbox::User=)
  "${apt[@]}" update >&2
  # Without unpacking, which would need dpkg-dev; the patches do not matter.
  (cd "$half/source" &&
    "${apt[@]}" source --download-only "onetbb=$version" >&2)
  tar -xf "$half"/source/onetbb_*.orig.tar.* -C "$half/source" \
    --strip-components=1
  # TBB_STRICT off: its warnings are not ours to treat as errors.
  cmake -S "$half/source" -B "$half/build" -G Ninja \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_INSTALL_PREFIX="$place" -DCMAKE_INSTALL_LIBDIR=lib \
    -DTBB_SANITIZE=thread -DTBB_TEST=OFF -DTBB_STRICT=OFF \
    -DTBBMALLOC_BUILD=OFF >&2
  cmake --build "$half/build" >&2
  rm -rf "$place"
  cmake --install "$half/build" >&2
  touch "$place/.complete"
fi
echo "$config"
