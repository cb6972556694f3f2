#!/bin/bash
# clang++ compiles, without a warning, what of the library asan.sh does not: the
# part with libtorch, and every header alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
# Nothing of it is run, and no other part is waited for. The targets that CMake
# makes of headers know nothing of our warnings.
build clang -DQUARRY_TORCH_ROOT="$torch" -DQUARRY_BUILD_TESTS=OFF \
  -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF \
  -DCMAKE_OPTIMIZE_DEPENDENCIES=ON -DCMAKE_CXX_EXTENSIONS=OFF \
  "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -Wall -Wextra -Wpedantic -Wshadow -Werror" -- \
  --target quarry_torch all_verify_interface_header_sets
