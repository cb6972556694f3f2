#!/bin/bash
# The tests of the flow graph, of the network and of what both stand on, with
# the thread sanitizer and a TBB built with it: a TBB that is not instrumented
# gives false reports, and hides true ones when they are suppressed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
QUARRY_TBB_TSAN_DIR=$(bash src/setup/tbb_tsan.sh)
export QUARRY_TBB_TSAN_DIR
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
build tsan -DQUARRY_BUILD_EXAMPLES=OFF -DQUARRY_BUILD_CLI=OFF -- \
  --target quarry_core_tests quarry_net_tests quarry_pipeline_tests
# Tests of whole programs have other checks. The sanitizer's own memory is more
# than a test of little memory allows.
ctest --preset tsan --label-regex '^(core|net|pipeline)$' \
  --exclude-regex '^(net|pipeline)[.]|gigabyte'
