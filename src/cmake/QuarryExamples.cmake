# Each examples/NNN_name.cpp and examples/extend/my_name.cpp is a program and a
# test: it runs in a fresh directory, and its output is compared with
# NAME.expected beside it when that file exists. A name with "torch" in it needs
# libtorch.
file(GLOB quarry_examples CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/[0-9]*_*.cpp"
     "${PROJECT_SOURCE_DIR}/examples/extend/my_*.cpp")
# Watched, so that an expectation that appears or goes is noticed.
file(GLOB quarry_expectations CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/*.expected"
     "${PROJECT_SOURCE_DIR}/examples/extend/*.expected")
foreach(source IN LISTS quarry_examples)
  cmake_path(GET source STEM name)
  if(name MATCHES "torch" AND NOT QUARRY_TORCH)
    continue()
  endif()
  set(target example_${name})
  add_executable(${target} "${source}")
  quarry_own(${target})
  target_link_libraries(${target} PRIVATE quarry_parts)
  if(name MATCHES "torch")
    target_link_libraries(${target} PRIVATE quarry::torch)
  endif()
  set_target_properties(
    ${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                         "${PROJECT_BINARY_DIR}/examples")
  cmake_path(REPLACE_EXTENSION source LAST_ONLY expected
             OUTPUT_VARIABLE expected)
  add_test(
    NAME example.${name}
    COMMAND
      ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}>
      -DEXPECTED=${expected} -DWORK=${PROJECT_BINARY_DIR}/examples/${name}.run
      -P "${PROJECT_SOURCE_DIR}/src/cmake/RunExample.cmake")
  set_tests_properties(
    example.${name}
    PROPERTIES LABELS examples ENVIRONMENT "QUARRY_SHARED=${QUARRY_SHARED_DIR}")
endforeach()
