#!/bin/bash
# clang++ compiles the library, the part with libtorch included, without a
# warning.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
build clang -DQUARRY_TORCH_ROOT="$torch" -DQUARRY_BUILD_TESTS=OFF \
  -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF
