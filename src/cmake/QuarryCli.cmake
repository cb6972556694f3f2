# The program: examples/cli/*.cpp, and examples/cli/torch/*.cpp with libtorch.
file(GLOB quarry_cli_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/cli/*.cpp")
file(GLOB quarry_cli_torch_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/cli/torch/*.cpp")
if(QUARRY_TORCH)
  list(APPEND quarry_cli_sources ${quarry_cli_torch_sources})
endif()
if(quarry_cli_sources)
  find_package(CLI11 REQUIRED)
  find_package(fmt REQUIRED)
  find_package(yaml-cpp REQUIRED)
  add_executable(quarry ${quarry_cli_sources})
  quarry_own(quarry)
  target_include_directories(quarry PRIVATE "${PROJECT_SOURCE_DIR}/examples/cli")
  # Header-only fmt: the program then runs without its shared library.
  target_link_libraries(
    quarry PRIVATE quarry::quarry CLI11::CLI11 fmt::fmt-header-only
                   $<IF:$<TARGET_EXISTS:yaml-cpp::yaml-cpp>,yaml-cpp::yaml-cpp,yaml-cpp>)
  set_target_properties(
    quarry PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
                      INSTALL_RPATH_USE_LINK_PATH ON)
endif()
