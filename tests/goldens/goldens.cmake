# Golden cases that are no selections; skipped without the shared data.
add_executable(golden_runner "${CMAKE_CURRENT_LIST_DIR}/golden_runner.cpp")
quarry_own(golden_runner test)
target_include_directories(golden_runner PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(golden_runner PRIVATE quarry::data quarry::strategy
                                            OpenSSL::Crypto)
set_target_properties(golden_runner PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                               "${PROJECT_BINARY_DIR}/tests")
quarry_cache(cache)
file(GLOB numpy "${cache}/numpy-*") # which check.py needs
add_test(NAME goldens.other
         COMMAND ${QUARRY_PYTHON} "${CMAKE_CURRENT_LIST_DIR}/golden_check.py"
                 $<TARGET_FILE:golden_runner>)
set_tests_properties(
  goldens.other
  PROPERTIES LABELS goldens SKIP_RETURN_CODE 77 ENVIRONMENT
             "QUARRY_SHARED=${QUARRY_SHARED_DIR};PYTHONPATH=${numpy}")
