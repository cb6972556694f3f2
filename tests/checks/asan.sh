#!/bin/bash
# The tests without libtorch, the program's and those with real servers
# included, with the address and undefined-behaviour sanitizers.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sanitizers_speak
# Every strategy is run by the tests of the part testing, on small pools: those
# of the part strategy, many of large ones, take as long as all others.
build asan -- --target quarry golden_runner quarry_{net,cache}_probe \
  quarry_decode_files \
  quarry_{core,net,data,decode,model,pipeline,report,testing}_tests
# The package tests build consumers: nothing of theirs is ours to sanitize.
ctest --preset asan --label-exclude '^(strategy|package|compile_fail)$'
