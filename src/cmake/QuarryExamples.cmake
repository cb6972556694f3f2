# Each examples/NNN_name.cpp and examples/extend/my_name.cpp is a program and a
# test: it runs in a fresh directory, and its output is compared with
# NAME.expected beside it when that file exists. A name with "torch" in it needs
# libtorch, and runs where `quarry demo` left a pool and a model.
file(GLOB quarry_examples CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/[0-9]*_*.cpp"
     "${PROJECT_SOURCE_DIR}/examples/extend/my_*.cpp")
# Watched, so that an expectation that appears or goes is noticed.
file(GLOB quarry_expectations CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/*.expected"
     "${PROJECT_SOURCE_DIR}/examples/extend/*.expected")
set(quarry_demo "${PROJECT_BINARY_DIR}/examples/demo")
foreach(source IN LISTS quarry_examples)
  cmake_path(GET source STEM name)
  if(name MATCHES "torch" AND NOT (QUARRY_TORCH AND TARGET quarry))
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
  set(run "-DPROGRAM=$<TARGET_FILE:${target}>" "-DEXPECTED=${expected}")
  if(name MATCHES "torch")
    list(APPEND run "-DWORK=${quarry_demo}" -DPREPARED=ON)
  else()
    list(APPEND run "-DWORK=${PROJECT_BINARY_DIR}/examples/${name}.run")
  endif()
  add_test(NAME example.${name}
           COMMAND ${CMAKE_COMMAND} ${run} -P
                   "${PROJECT_SOURCE_DIR}/src/cmake/RunExample.cmake")
  set_tests_properties(
    example.${name}
    PROPERTIES LABELS examples ENVIRONMENT "QUARRY_SHARED=${QUARRY_SHARED_DIR}")
  if(name MATCHES "torch")
    set_tests_properties(example.${name} PROPERTIES FIXTURES_REQUIRED demo)
  endif()
endforeach()

if(TARGET quarry AND QUARRY_TORCH)
  add_test(NAME example.demo
           COMMAND quarry demo --out "${quarry_demo}" --quiet)
  set_tests_properties(example.demo PROPERTIES LABELS examples FIXTURES_SETUP
                                               demo)
endif()
