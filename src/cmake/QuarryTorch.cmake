# The imported target quarry_torch_libs: libtorch's headers, torch_cpu and c10.
#
# libtorch's own CMake package insists on a CUDA toolkit; this needs none. The
# GPU half (libtorch_cuda.so) is not linked: the library loads it at run time
# when it is there, so that one binary serves both kinds of machine.
#
# Looked for in: QUARRY_TORCH_ROOT (CMake, then environment), then where
# src/setup/setup.sh puts it. Installed beside quarryConfig.cmake, which runs it
# again on the consumer's machine. Sets QUARRY_TORCH_LIB_DIR.
include("${CMAKE_CURRENT_LIST_DIR}/QuarryCache.cmake")
set(quarry_torch_minimum 2.7)

function(quarry_torch_candidates out)
  quarry_cache(cache)
  file(GLOB cuda "${cache}/torch-*-cuda/torch")
  file(GLOB cpu "${cache}/torch-*-cpu/torch")
  list(SORT cuda COMPARE NATURAL ORDER DESCENDING)
  list(SORT cpu COMPARE NATURAL ORDER DESCENDING)
  set(${out} ${cuda} ${cpu} PARENT_SCOPE)
endfunction()

# The version of the libtorch tree ROOT, empty when it cannot be told.
function(quarry_torch_version root out)
  set(version "")
  set(header "${root}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${header}")
    set(header "${root}/include/torch/csrc/api/include/torch/version.h")
  endif()
  if(EXISTS "${header}")
    file(STRINGS "${header}" lines REGEX "define TORCH_VERSION_M[A-Z]+ [0-9]+")
    if("${lines}" MATCHES
       "VERSION_MAJOR ([0-9]+).*VERSION_MINOR ([0-9]+)")
      set(version "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
    endif()
  endif()
  if(NOT version AND EXISTS "${root}/build-version")
    file(STRINGS "${root}/build-version" line LIMIT_COUNT 1)
    string(REGEX MATCH "^[0-9]+\\.[0-9]+" version "${line}")
  endif()
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

if(NOT TARGET quarry_torch_libs)
  set(quarry_torch_root "${QUARRY_TORCH_ROOT}")
  if(NOT quarry_torch_root)
    set(quarry_torch_root "$ENV{QUARRY_TORCH_ROOT}")
  endif()
  if(NOT quarry_torch_root)
    quarry_torch_candidates(quarry_torch_candidate_list)
    list(POP_FRONT quarry_torch_candidate_list quarry_torch_root)
  endif()
  set(quarry_torch_advice
      "Run src/setup/setup.sh, which installs it; or give the root of another \
libtorch with -DQUARRY_TORCH_ROOT=DIR; or do without: -DQUARRY_TORCH=OFF.")
  if(NOT quarry_torch_root)
    message(FATAL_ERROR "libtorch was not found. ${quarry_torch_advice}")
  endif()
  foreach(needed include/torch/csrc/api/include/torch/torch.h
                 lib/libtorch_cpu.so lib/libc10.so)
    if(NOT EXISTS "${quarry_torch_root}/${needed}")
      message(FATAL_ERROR "${quarry_torch_root} is no libtorch tree: it has no \
${needed}. ${quarry_torch_advice}")
    endif()
  endforeach()
  quarry_torch_version("${quarry_torch_root}" quarry_torch_found)
  if(NOT quarry_torch_found OR quarry_torch_found VERSION_LESS
                               quarry_torch_minimum)
    message(FATAL_ERROR "libtorch in ${quarry_torch_root} has version \
'${quarry_torch_found}'; Quarry needs ${quarry_torch_minimum} or later. \
${quarry_torch_advice}")
  endif()
  message(STATUS "libtorch ${quarry_torch_found}: ${quarry_torch_root}")

  set(QUARRY_TORCH_LIB_DIR "${quarry_torch_root}/lib")
  foreach(lib torch_cpu c10)
    add_library(quarry_${lib} SHARED IMPORTED GLOBAL)
    set_target_properties(
      quarry_${lib} PROPERTIES IMPORTED_LOCATION
                               "${QUARRY_TORCH_LIB_DIR}/lib${lib}.so")
  endforeach()
  add_library(quarry_torch_libs INTERFACE IMPORTED GLOBAL)
  target_include_directories(
    quarry_torch_libs SYSTEM
    INTERFACE "${quarry_torch_root}/include"
              "${quarry_torch_root}/include/torch/csrc/api/include")
  target_link_libraries(quarry_torch_libs INTERFACE quarry_torch_cpu quarry_c10)
  # libtorch_cpu.so finds its own libraries by its run path.
  target_link_options(quarry_torch_libs INTERFACE
                      -Wl,--allow-shlib-undefined)
endif()
