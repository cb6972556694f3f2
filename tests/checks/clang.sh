#!/bin/bash
# clang++ compiles the library, the program and the tests without a warning.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
build clang -DQUARRY_TORCH_ROOT="$torch"
