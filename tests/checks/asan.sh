#!/bin/bash
# The library's tests without libtorch, those with real servers included, with
# the address and undefined-behaviour sanitizers.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:suppressions=$root/tests/checks/ubsan.supp
build asan -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF
# The package tests build consumers: nothing of theirs is ours to sanitize.
ctest --preset asan --label-exclude '^(package|compile_fail)$'
