# tests/compile_fail/*.cpp must not compile, and what the compiler says must
# match the regular expression of the file's first line: // expect: REGEX
file(GLOB quarry_must_fail CONFIGURE_DEPENDS
     "${quarry_tests}/compile_fail/*.cpp")
if(quarry_must_fail)
  # Never built: it is asked for the include directories of all parts.
  add_library(quarry_compile_fail OBJECT EXCLUDE_FROM_ALL ${quarry_must_fail})
  target_link_libraries(quarry_compile_fail PRIVATE quarry_parts)
  set(includes "$<TARGET_PROPERTY:quarry_compile_fail,INCLUDE_DIRECTORIES>")
  set(flags "${PROJECT_BINARY_DIR}/compile_fail.flags")
  file(
    GENERATE
    OUTPUT "${flags}"
    CONTENT "$<$<BOOL:${includes}>:-I$<JOIN:$<REMOVE_DUPLICATES:${includes}>,\n-I>>\n")
endif()
foreach(source IN LISTS quarry_must_fail)
  cmake_path(GET source STEM name)
  add_test(
    NAME compile_fail.${name}
    COMMAND
      ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DFLAGS=${flags}
      -DSOURCE=${source} -P "${PROJECT_SOURCE_DIR}/src/cmake/CompileFail.cmake")
  set_tests_properties(compile_fail.${name} PROPERTIES LABELS compile_fail)
endforeach()
