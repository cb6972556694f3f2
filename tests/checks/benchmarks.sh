#!/bin/bash
# The benchmarks build and run; what they measure in so short a time means
# nothing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
torch=$(bash src/setup/setup.sh --with-test-tools)
build dev -DQUARRY_TORCH_ROOT="$torch" -DQUARRY_BUILD_BENCHMARKS=ON
cmake --preset dev -DQUARRY_BUILD_BENCHMARKS=OFF
run() { echo "$1"; python3 "benchmarks/$1" --build build/dev --quick "${@:2}"; }
run pipeline/run.py
run pipeline/run_memory.py
run sources/run.py
run sources/run_tar.py
run sources/run_manifest.py
run cache/run.py --model "$QUARRY_SHARED/models/small.pt"
run passes/run.py
# The packages of others are not ours to install.
run peers/run.py || [ $? = 77 ]
run select/run_peers.py || [ $? = 77 ]
