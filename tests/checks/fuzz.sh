#!/bin/bash
# The parsers of what others wrote, fed what libFuzzer thinks of, under the
# address and undefined-behaviour sanitizers.
#
#   tests/checks/fuzz.sh                     all, 5 seconds each, a fixed seed
#   tests/checks/fuzz.sh SECONDS [WHAT]...   for longer, with another seed every
#                                            time; goes on where it stopped
#
# Prints a line for each. What was found lies in build/asan/findings/WHAT-*, and
# build/asan/fuzz/WHAT FILE shows it again; what led to new code is kept in
# build/asan/corpus/WHAT by the second form.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sanitizers_speak
# Without what costs most: asan.sh has it.
export ASAN_OPTIONS=quarantine_size_mb=32:malloc_context_size=5
build asan -- --target quarry_fuzzers
seconds=${1:-5}
smoke=$([ $# -gt 0 ] || echo yes)
what=("${@:2}")
if [ ${#what[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    what+=("$(basename "$source" _fuzz.cpp)")
  done
fi
# Where the fuzzers put their files: in memory where there is a place for that.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR smoke seconds
mkdir -p build/asan/findings build/asan/logs

# Of a log: the number after the last NAME.
last() {
  grep -oE "$1 *[0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+$' || echo 0
}

fuzz() {
  local name=$1 log=build/asan/logs/$1 found=0 new=build/asan/corpus/$1 seeds=()
  [ -z "$smoke" ] || new=$TMPDIR/corpus/$name
  mkdir -p "$new"
  case $name in
    jpeg | png | image_info) seeds+=(tests/goldens/decode/images) ;;
  esac
  [ ! -d "tests/fuzz/corpus/$name" ] || seeds+=("tests/fuzz/corpus/$name")
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024
    -print_final_stats=1 -artifact_prefix="build/asan/findings/$name-")
  [ -z "$smoke" ] || options+=(-seed=1)
  [ ! -e "tests/fuzz/dictionaries/$name.dict" ] ||
    options+=(-dict="tests/fuzz/dictionaries/$name.dict")
  "build/asan/fuzz/$name" "${options[@]}" "$new" "${seeds[@]}" \
    >"$log" 2>&1 || found=1
  printf '%-14s %9d executions  coverage %5d  findings %d\n' "$name" \
    "$(last 'number_of_executed_units:')" "$(last ' cov:')" $found
  [ $found = 0 ] || tail -n 40 "$log"
  return $found
}
export -f fuzz last
printf '%s\n' "${what[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
