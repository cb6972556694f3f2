#!/bin/bash
# Without libtorch the library, its tests and quarry rank work.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build no-torch
# What does not depend on libtorch was seen in the build with it.
ctest --preset no-torch --label-exclude '^(net|compile_fail)$'
if ldd build/no-torch/quarry | grep -E 'libtorch|libc10'; then
  echo "build/no-torch/quarry links libtorch"
  exit 1
fi
