#!/bin/bash
# Installs what is missing, builds everything, runs every test. Arguments go to
# ctest: bash tests/run.sh -L strategy
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export QUARRY_SHARED=${QUARRY_SHARED:-$root/../shared}

torch=$(bash "$root/src/setup/setup.sh" --with-numpy)
cd "$root"
cmake --preset dev -DQUARRY_TORCH_ROOT="$torch"
cmake --build --preset dev
ctest --preset dev "$@"
