#!/bin/bash
# clang++ compiles the library, but for the part with libtorch, without a
# warning.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build clang -DQUARRY_TORCH=OFF -DQUARRY_BUILD_TESTS=OFF \
  -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF
