#!/bin/bash
# Without libtorch all builds, the examples run, and the package is installed
# and found. asan.sh has most other tests, those of the program too.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build no-torch
ctest --preset no-torch --label-regex '^(package|examples)$'
if ldd build/no-torch/quarry | grep -E 'libtorch|libc10'; then
  echo "build/no-torch/quarry links libtorch"
  exit 1
fi
