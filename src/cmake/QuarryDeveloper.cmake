# What only we want when Quarry is the top-level project. quarry_dev_warnings is
# linked privately by every target of ours and never exported, and so is
# quarry_dev_conversions by all but the tests, which are full of literals.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(QUARRY_CCACHE ccache)
if(QUARRY_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for to cache with precompiled headers;
  # the base directory lets build trees share entries.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${QUARRY_CCACHE})
endif()

add_library(quarry_dev_warnings INTERFACE)
target_compile_options(
  quarry_dev_warnings
  INTERFACE -Wall -Wextra -Wpedantic
            # In a group a local may have the name of something in another source.
            $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
            $<$<BOOL:${QUARRY_WERROR}>:-Werror>
            $<$<CXX_COMPILER_ID:Clang>:-Xclang -fno-pch-timestamp>)
add_library(quarry_dev_conversions INTERFACE)
target_compile_options(quarry_dev_conversions INTERFACE -Wconversion
                                                        -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in inlined standard library and Eigen code.
  target_compile_options(
    quarry_dev_warnings
    INTERFACE -fpch-preprocess -Wno-error=array-bounds
              -Wno-error=stringop-overflow -Wno-error=stringop-overread
              -Wno-error=maybe-uninitialized -Wno-error=restrict)
endif()
find_program(QUARRY_MOLD mold)
if(QUARRY_MOLD)
  target_link_options(quarry_dev_warnings INTERFACE -fuse-ld=mold)
endif()

if(QUARRY_SANITIZE)
  # All objects of a program must agree, so these are directory-wide.
  string(REPLACE ";" "," quarry_sanitizers "${QUARRY_SANITIZE}")
  add_compile_options(-fsanitize=${quarry_sanitizers} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  if("undefined" IN_LIST QUARRY_SANITIZE)
    # Recoverable, so that a suppression can name what TBB's headers do; the
    # run-time option halt_on_error ends the program for all others.
    add_compile_options(-fsanitize-recover=vptr)
  endif()
  add_link_options(-fsanitize=${quarry_sanitizers})
endif()
