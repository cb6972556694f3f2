# One Catch2 program per part (quarry_PART_tests from tests/PART/*_test.cpp),
# the command line's Python tests, the sources that must not compile, and the
# consumer projects.
find_package(Catch2 REQUIRED)
find_program(QUARRY_PYTHON python3 REQUIRED)
include(QuarryCache)
set(quarry_tests "${PROJECT_SOURCE_DIR}/tests")

# Catch2's main, shared helpers, and the one precompiled header of all tests.
file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${quarry_tests}/support/*.cpp")
add_library(quarry_test_support STATIC ${sources})
target_include_directories(quarry_test_support PUBLIC "${quarry_tests}/support")
target_link_libraries(quarry_test_support PUBLIC Catch2::Catch2 quarry::core
                                                 quarry::testing)
target_precompile_headers(quarry_test_support PRIVATE
                          "${quarry_tests}/support/pch.hpp")
set_source_files_properties("${quarry_tests}/support/main.cpp"
                            PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
quarry_own(quarry_test_support test)

# quarry_test(PART LIBRARY...)
function(quarry_test part)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
       "${quarry_tests}/${part}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  set(target quarry_${part}_tests)
  add_executable(${target} ${sources})
  quarry_own(${target} test)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE quarry_test_support ${ARGN})
  target_compile_definitions(
    ${target} PRIVATE QUARRY_TESTS_DIR="${quarry_tests}"
                      QUARRY_SHARED_DIR="${QUARRY_SHARED_DIR}")
  if(part STREQUAL "torch")
    # The precompiled headers of the library, compiled for -fPIC.
    get_target_property(type quarry_torch TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      target_compile_options(${target} PRIVATE -fPIC)
      target_precompile_headers(${target} REUSE_FROM quarry_torch)
    endif()
  else()
    target_precompile_headers(${target} REUSE_FROM quarry_test_support)
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                             "${PROJECT_BINARY_DIR}/tests")
  # Each test case becomes a test of CTest when the program is linked. (Catch2's
  # own script takes a name with a semicolon for two names, which then pass.)
  set(list "${PROJECT_BINARY_DIR}/tests/${target}.cmake")
  add_custom_command(
    TARGET ${target}
    POST_BUILD
    COMMAND "${QUARRY_PYTHON}" "${quarry_tests}/support/discover.py"
            $<TARGET_FILE:${target}> ${part} "${QUARRY_SHARED_DIR}" "${list}"
    BYPRODUCTS "${list}"
    VERBATIM)
  file(WRITE "${list}.include" "include([==[${list}]==] OPTIONAL)\n")
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND
               PROPERTY TEST_INCLUDE_FILES "${list}.include")
endfunction()

foreach(part core net data decode model strategy)
  quarry_test(${part} quarry::${part})
endforeach()
quarry_test(testing quarry::testing)
quarry_test(pipeline quarry::pipeline)
quarry_test(report quarry::report)
if(QUARRY_TORCH)
  quarry_test(torch quarry::torch quarry::pipeline)
  include("${quarry_tests}/torch/package/package.cmake")
endif()

include("${quarry_tests}/decode/pillow_check.cmake")
include("${quarry_tests}/goldens/goldens.cmake")
include("${quarry_tests}/net/live.cmake")
include("${quarry_tests}/data/tar_formats.cmake")
include("${quarry_tests}/pipeline/cache_kill.cmake")
if(TARGET quarry)
  # setup.sh keeps these apart from the system's Python.
  quarry_cache(cache)
  file(GLOB packages "${cache}/numpy-*" "${cache}/tfrecord-*"
       "${cache}/webdataset-*")
  list(JOIN packages ":" packages)
  file(GLOB scripts CONFIGURE_DEPENDS "${quarry_tests}/cli/*.py")
  foreach(script IN LISTS scripts)
    cmake_path(GET script STEM name)
    if(name MATCHES "^_" OR (name MATCHES "torch" AND NOT QUARRY_TORCH))
      continue() # a helper module, or a test of what is not built
    endif()
    add_test(NAME cli.${name} COMMAND ${QUARRY_PYTHON} "${script}")
    set_tests_properties(
      cli.${name}
      PROPERTIES
        LABELS cli
        ENVIRONMENT
        "QUARRY=$<TARGET_FILE:quarry>;QUARRY_SHARED=${QUARRY_SHARED_DIR};QUARRY_HAS_TORCH=$<BOOL:${QUARRY_TORCH}>;PYTHONPATH=${packages}"
        SKIP_RETURN_CODE 77)
  endforeach()
endif()

include(QuarryCompileFail)
if(PROJECT_IS_TOP_LEVEL AND QUARRY_INSTALL)
  include(QuarryPackageTests)
endif()
