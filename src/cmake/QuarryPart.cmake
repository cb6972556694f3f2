include(GNUInstallDirs)
set_property(GLOBAL PROPERTY QUARRY_PARTS "")

# quarry_own(TARGET [test]): our language level and warnings, and how tests are
# compiled.
function(quarry_own target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if("test" IN_LIST ARGN)
    target_compile_options(${target} PRIVATE ${QUARRY_TEST_OPTIONS})
  endif()
  if(TARGET quarry_dev_warnings)
    target_link_libraries(${target}
                          PRIVATE $<BUILD_INTERFACE:quarry_dev_warnings>)
    if(NOT "test" IN_LIST ARGN)
      target_link_libraries(${target}
                            PRIVATE $<BUILD_INTERFACE:quarry_dev_conversions>)
    endif()
  endif()
endfunction()

# quarry_unity(TARGET): its sources are compiled eight at a time where that is
# asked for.
function(quarry_unity target)
  if(QUARRY_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON
                                               UNITY_BUILD_BATCH_SIZE 8)
    # Of unnamed namespaces in files that another includes.
    target_compile_options(
      ${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# quarry_part(NAME [PUBLIC lib...] [PRIVATE lib...])
#
# Target quarry_NAME, alias quarry::NAME, from src/NAME/**.cpp and the headers
# include/quarry/NAME.hpp and include/quarry/NAME/**.hpp. Headers called
# torch_*.hpp belong to the part torch, whatever folder they are in. A part
# without sources is an interface target.
function(quarry_part name)
  cmake_parse_arguments(part "" "" "PUBLIC;PRIVATE" ${ARGN})
  set(root "${PROJECT_SOURCE_DIR}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${root}/src/${name}/*.cpp")
  if(name STREQUAL "torch")
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS
         "${root}/include/quarry/torch_*.hpp"
         "${root}/include/quarry/torch/*.hpp")
    file(GLOB umbrella CONFIGURE_DEPENDS "${root}/include/quarry/torch.hpp")
    list(APPEND headers ${umbrella})
  else()
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS
         "${root}/include/quarry/${name}/*.hpp")
    file(GLOB umbrella CONFIGURE_DEPENDS "${root}/include/quarry/${name}.hpp")
    list(APPEND headers ${umbrella})
    list(FILTER headers EXCLUDE REGEX "/torch_[^/]*$")
  endif()
  list(REMOVE_DUPLICATES headers)

  set(target quarry_${name})
  if(sources)
    set(visibility PUBLIC)
    add_library(${target} ${sources})
    target_include_directories(${target} PRIVATE "${root}/src")
    target_link_libraries(${target} PRIVATE ${part_PRIVATE})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    quarry_unity(${target})
    quarry_own(${target})
    # Highway includes these again for each instruction set.
    foreach(source IN LISTS sources)
      file(STRINGS "${source}" again REGEX "hwy/foreach_target.h" LIMIT_COUNT 1)
      if(again)
        set_source_files_properties("${source}" PROPERTIES
                                    SKIP_UNITY_BUILD_INCLUSION ON)
      endif()
    endforeach()
  else()
    set(visibility INTERFACE)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${part_PRIVATE})
  endif()
  add_library(quarry::${name} ALIAS ${target})

  set(base "${root}/include")
  if(name STREQUAL "core")
    list(APPEND base "${PROJECT_BINARY_DIR}/generated")
    list(APPEND headers "${PROJECT_BINARY_DIR}/generated/quarry/version.hpp")
  endif()
  target_sources(${target} ${visibility} FILE_SET HEADERS BASE_DIRS ${base}
                                         FILES ${headers})
  # Also without headers yet, so that the parts to come find each other.
  target_include_directories(
    ${target} ${visibility} "$<BUILD_INTERFACE:${root}/include>"
                            "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(${target} ${visibility} cxx_std_20)
  target_link_libraries(${target} ${visibility} ${part_PUBLIC})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name}
                                             VERIFY_INTERFACE_HEADER_SETS ON)
  if(name STREQUAL "torch")
    target_compile_definitions(${target} INTERFACE QUARRY_HAS_TORCH=1)
    if(sources)
      target_compile_definitions(${target} PRIVATE QUARRY_HAS_TORCH=1)
      # Some 10 s a translation unit. Not torch/torch.h: even precompiled it
      # costs as much again, for what it defines is looked at in every one.
      target_precompile_headers(${target} PRIVATE <ATen/ATen.h>
                                <torch/csrc/jit/api/module.h>)
    endif()
  endif()
  set_property(GLOBAL APPEND PROPERTY QUARRY_PARTS ${name})

  # For quarryConfig.cmake: PACKAGE::lib comes from find_package(PACKAGE), but
  # for SQLite::SQLite3.
  set(parts ${part_PUBLIC} ${part_PRIVATE})
  set(packages ${parts})
  list(FILTER parts INCLUDE REGEX "^quarry::")
  list(TRANSFORM parts REPLACE "^quarry::" "")
  list(FILTER packages INCLUDE REGEX "::")
  list(FILTER packages EXCLUDE REGEX "^quarry::")
  list(TRANSFORM packages REPLACE "::.*" "")
  list(TRANSFORM packages REPLACE "^SQLite$" "SQLite3")
  string(CONCAT lines "set(quarry_${name}_parts ${parts})\n"
                      "set(quarry_${name}_packages ${packages})\n")
  set_property(GLOBAL APPEND_STRING PROPERTY QUARRY_REQUIREMENTS "${lines}")
endfunction()

# quarry::quarry, which is every part built, and quarry_parts, which is every
# part but torch (for targets of ours that must not load libtorch).
function(quarry_umbrella)
  get_property(parts GLOBAL PROPERTY QUARRY_PARTS)
  list(TRANSFORM parts PREPEND quarry::)
  add_library(quarry_quarry INTERFACE)
  add_library(quarry::quarry ALIAS quarry_quarry)
  set(root "${PROJECT_SOURCE_DIR}")
  file(GLOB headers CONFIGURE_DEPENDS "${root}/include/quarry/quarry.hpp")
  target_sources(quarry_quarry INTERFACE FILE_SET HEADERS BASE_DIRS
                                         "${root}/include" FILES ${headers})
  target_link_libraries(quarry_quarry INTERFACE ${parts})
  set_target_properties(
    quarry_quarry PROPERTIES EXPORT_NAME quarry VERIFY_INTERFACE_HEADER_SETS ON)
  set_property(GLOBAL APPEND PROPERTY QUARRY_PARTS quarry)

  add_library(quarry_parts INTERFACE)
  list(REMOVE_ITEM parts quarry::torch)
  target_link_libraries(quarry_parts INTERFACE ${parts})
endfunction()
