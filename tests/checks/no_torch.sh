#!/bin/bash
# Without libtorch the library, its tests and quarry rank work.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build no-torch
ctest --preset no-torch
if ldd build/no-torch/quarry | grep -E 'libtorch|libc10'; then
  echo "build/no-torch/quarry links libtorch"
  exit 1
fi
