# find_package(quarry [COMPONENTS part...]): one export set per part, so that a
# consumer of one part needs no other part's dependencies.
include(CMakePackageConfigHelpers)
set(QUARRY_TORCH_INSTALLED_ROOT "${quarry_torch_root}")
set(quarry_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/quarry")
get_property(quarry_parts_built GLOBAL PROPERTY QUARRY_PARTS)
get_property(quarry_requirements GLOBAL PROPERTY QUARRY_REQUIREMENTS)
string(REPLACE ";" " " quarry_requirements "${quarry_requirements}")
foreach(part IN LISTS quarry_parts_built)
  install(TARGETS quarry_${part} EXPORT quarry-${part}
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT quarry-${part} NAMESPACE quarry::
          FILE quarry-${part}.cmake DESTINATION "${quarry_config_dir}")
endforeach()
if(TARGET quarry)
  install(TARGETS quarry)
endif()

configure_package_config_file(
  src/cmake/quarryConfig.cmake.in quarryConfig.cmake
  INSTALL_DESTINATION "${quarry_config_dir}")
write_basic_package_version_file(
  quarryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/quarryConfig.cmake"
        "${PROJECT_BINARY_DIR}/quarryConfigVersion.cmake"
        src/cmake/FindSPNG.cmake src/cmake/QuarryTorch.cmake
        src/cmake/QuarryCache.cmake
  DESTINATION "${quarry_config_dir}")
