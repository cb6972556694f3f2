# A libFuzzer program for each tests/fuzz/WHAT_fuzz.cpp: fuzz/WHAT in the build
# tree. Target quarry_fuzzers is all of them. The preset asan builds so.
if(NOT "fuzzer-no-link" IN_LIST QUARRY_SANITIZE)
  message(FATAL_ERROR "QUARRY_FUZZ needs clang and fuzzer-no-link in "
                      "QUARRY_SANITIZE: cmake --preset asan")
endif()
find_package(ZLIB REQUIRED)
set(quarry_fuzz "${PROJECT_SOURCE_DIR}/tests/fuzz")

# The ids of errors that a user can look up.
set(page "${PROJECT_SOURCE_DIR}/docs/errors.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
file(STRINGS "${page}" ids REGEX "^\\| `[a-z0-9_]+\\.[a-z0-9_]+` \\|")
list(TRANSFORM ids REPLACE "^\\| `([a-z0-9_.]+)`.*" "\"\\1\"")
list(LENGTH ids count)
list(JOIN ids "," ids)

add_library(quarry_fuzz_support STATIC "${quarry_fuzz}/fuzz.cpp")
quarry_own(quarry_fuzz_support test)
target_include_directories(
  quarry_fuzz_support PUBLIC "${quarry_fuzz}" "${PROJECT_SOURCE_DIR}/src"
                             "${PROJECT_SOURCE_DIR}/tests/support")
target_compile_definitions(
  quarry_fuzz_support PRIVATE "QUARRY_ERROR_IDS=${ids}"
                              QUARRY_ERROR_IDS_COUNT=${count})
target_link_libraries(quarry_fuzz_support PUBLIC quarry::data quarry::model)

add_custom_target(quarry_fuzzers)
file(GLOB sources CONFIGURE_DEPENDS "${quarry_fuzz}/*_fuzz.cpp")
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  string(REGEX REPLACE "_fuzz$" "" what "${name}")
  add_executable(quarry_${name} "${source}")
  quarry_own(quarry_${name} test)
  target_link_libraries(quarry_${name} PRIVATE quarry_fuzz_support ZLIB::ZLIB)
  target_link_options(quarry_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(
    quarry_${name} PROPERTIES OUTPUT_NAME "${what}" RUNTIME_OUTPUT_DIRECTORY
                              "${PROJECT_BINARY_DIR}/fuzz")
  add_dependencies(quarry_fuzzers quarry_${name})
endforeach()
