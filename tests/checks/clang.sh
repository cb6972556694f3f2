#!/bin/bash
# clang++ compiles what asan.sh does not, without a warning: the part with
# libtorch, and every header of the library alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
# Nothing of it is run, and no other part is waited for.
build clang -DQUARRY_TORCH_ROOT="$torch" -DQUARRY_BUILD_TESTS=OFF \
  -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF \
  -DCMAKE_OPTIMIZE_DEPENDENCIES=ON -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -- \
  --target quarry_torch all_verify_interface_header_sets
