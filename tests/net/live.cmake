# Sources over the network against real servers; skipped where they are not
# installed. src/setup/setup.sh --with-test-tools installs them.
add_executable(quarry_net_probe "${CMAKE_CURRENT_LIST_DIR}/probe.cpp")
quarry_own(quarry_net_probe test)
target_include_directories(quarry_net_probe PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(quarry_net_probe PRIVATE quarry::data)
set_target_properties(
  quarry_net_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                              "${PROJECT_BINARY_DIR}/tests")
quarry_cache(cache)
file(GLOB packages "${cache}/pyftpdlib-*" "${cache}/pyopenssl-*"
     "${cache}/boto3-*")
list(JOIN packages ":" packages)
foreach(server http cache ftp s3 s3_script credentials tar chaos)
  add_test(NAME net.${server} COMMAND ${QUARRY_PYTHON}
                                      "${CMAKE_CURRENT_LIST_DIR}/${server}_live.py")
  set_tests_properties(
    net.${server}
    PROPERTIES
      LABELS net SKIP_RETURN_CODE 77 ENVIRONMENT
      "QUARRY_NET_PROBE=$<TARGET_FILE:quarry_net_probe>;PYTHONPATH=${packages}")
endforeach()
if(TARGET quarry)
  set(programs pack)
  if(QUARRY_TORCH)
    list(APPEND programs select)
  endif()
  foreach(program IN LISTS programs)
    add_test(NAME net.${program}
             COMMAND ${QUARRY_PYTHON}
                     "${CMAKE_CURRENT_LIST_DIR}/${program}_live.py")
    set_tests_properties(
      net.${program}
      PROPERTIES
        LABELS net SKIP_RETURN_CODE 77 ENVIRONMENT
        "QUARRY=$<TARGET_FILE:quarry>;QUARRY_SHARED=${QUARRY_SHARED_DIR};PYTHONPATH=${packages}")
  endforeach()
endif()
