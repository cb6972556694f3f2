#!/bin/bash
# clang++ compiles every source of the library and of the program, and every
# header, each alone (but for what is precompiled of libtorch), without a warning.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
# Nothing of it is run.
build clang -DQUARRY_TORCH_ROOT="$torch" -DQUARRY_BUILD_TESTS=OFF \
  -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_UNITY=OFF \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -- \
  --target all all_verify_interface_header_sets
