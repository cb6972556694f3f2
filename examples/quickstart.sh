#!/bin/bash
# From a fresh checkout to a picked list and a report: installs what is missing,
# builds the program, runs its demo. The last line is the report's path.
#
#   bash examples/quickstart.sh [DIRECTORY FOR THE RESULTS]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$root/build/quickstart}
mkdir -p "$out"
out=$(cd "$out" && pwd)

torch=$(bash "$root/src/setup/setup.sh")
cd "$root"
cmake --preset release -DQUARRY_TORCH_ROOT="$torch" >&2
cmake --build --preset release --target quarry >&2
exec "$root/build/release/quarry" demo --out "$out"
