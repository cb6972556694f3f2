# Sourced by the checks: the repository's root, and configure + build.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export QUARRY_SHARED=${QUARRY_SHARED:-$root/../shared}

# build PRESET [cmake option]... [-- build option...]: says what the compiler
# says only when it fails.
build() {
  local preset=$1 options=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  cmake --preset "$preset" "${options[@]}"
  cmake --build --preset "$preset" "$@"
}

# How the address and undefined-behaviour sanitizers stop.
sanitizers_speak() {
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:suppressions=$root/tests/checks/ubsan.supp
}
