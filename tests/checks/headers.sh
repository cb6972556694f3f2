#!/bin/bash
# Every header compiles alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh)
build dev -DQUARRY_TORCH_ROOT="$torch" -- \
  --target all_verify_interface_header_sets
