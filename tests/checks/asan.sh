#!/bin/bash
# The tests without libtorch, the program's and those with real servers
# included, with the address and undefined-behaviour sanitizers.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sanitizers_speak
build asan
# The package tests build consumers: nothing of theirs is ours to sanitize. The
# products of the largest matrices take minutes here; the laws see small ones.
ctest --preset asan --label-exclude '^(package|compile_fail)$' --exclude-regex \
  'larger than memory are chosen|Batched k-center|[Ww]ith a device|that a device finds|foresee'
