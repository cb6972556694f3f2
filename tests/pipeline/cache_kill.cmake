# The program that cache_kill.py kills, and whose disk it lets fail.
add_executable(
  quarry_cache_probe "${CMAKE_CURRENT_LIST_DIR}/cache_probe.cpp"
                     "${CMAKE_CURRENT_LIST_DIR}/faults.cpp")
quarry_own(quarry_cache_probe test)
target_link_libraries(quarry_cache_probe PRIVATE quarry::pipeline
                                                 ${CMAKE_DL_LIBS})
set_target_properties(
  quarry_cache_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                "${PROJECT_BINARY_DIR}/tests"
                                ENABLE_EXPORTS ON)
add_test(NAME pipeline.cache_kill
         COMMAND ${QUARRY_PYTHON} "${CMAKE_CURRENT_LIST_DIR}/cache_kill.py")
set_tests_properties(
  pipeline.cache_kill
  PROPERTIES LABELS pipeline ENVIRONMENT
             "QUARRY_CACHE_PROBE=$<TARGET_FILE:quarry_cache_probe>")
