#!/bin/bash
# Without libtorch all builds, the program works, and the package is installed
# and found.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build no-torch
# The parts and their tests are the same objects as in the build with libtorch.
ctest --preset no-torch --label-regex '^(cli|package)$'
if ldd build/no-torch/quarry | grep -E 'libtorch|libc10'; then
  echo "build/no-torch/quarry links libtorch"
  exit 1
fi
