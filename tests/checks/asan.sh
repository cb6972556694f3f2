#!/bin/bash
# The tests without libtorch, the program's and those with real servers
# included, with the address and undefined-behaviour sanitizers.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sanitizers_speak
build asan
# The package tests build consumers: nothing of theirs is ours to sanitize.
ctest --preset asan --label-exclude '^(package|compile_fail)$'
