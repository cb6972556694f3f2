# Archives of other programs, read by the probe of the tests of the network.
add_test(NAME data.tar_formats
         COMMAND ${QUARRY_PYTHON} "${CMAKE_CURRENT_LIST_DIR}/tar_formats.py")
set_tests_properties(
  data.tar_formats
  PROPERTIES
    LABELS data ENVIRONMENT
    "QUARRY_NET_PROBE=$<TARGET_FILE:quarry_net_probe>;QUARRY_SHARED=${QUARRY_SHARED_DIR}")
