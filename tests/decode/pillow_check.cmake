# 500 drawn photos against Pillow; skipped where Python has no numpy or Pillow.
add_executable(quarry_decode_files "${CMAKE_CURRENT_LIST_DIR}/decode_files.cpp")
quarry_own(quarry_decode_files test)
target_link_libraries(quarry_decode_files PRIVATE quarry::decode)
set_target_properties(
  quarry_decode_files PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                 "${PROJECT_BINARY_DIR}/tests")
# Where setup.sh keeps them, apart from the system's Python.
quarry_cache(cache)
file(GLOB packages "${cache}/numpy-*" "${cache}/pillow-*")
list(JOIN packages ":" packages)
add_test(NAME decode.pillow
         COMMAND ${QUARRY_PYTHON} "${CMAKE_CURRENT_LIST_DIR}/pillow_check.py"
                 $<TARGET_FILE:quarry_decode_files>)
set_tests_properties(
  decode.pillow PROPERTIES LABELS decode SKIP_RETURN_CODE 77
                           ENVIRONMENT "PYTHONPATH=${packages}")
