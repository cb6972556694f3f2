# The program: examples/cli/**.cpp.
file(GLOB_RECURSE quarry_cli_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/examples/cli/*.cpp")
if(QUARRY_TORCH)
  list(FILTER quarry_cli_sources EXCLUDE REGEX "/libtorch/absent\\.cpp$")
else()
  list(FILTER quarry_cli_sources EXCLUDE REGEX "/libtorch/present\\.cpp$")
endif()
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
add_executable(quarry ${quarry_cli_sources})
quarry_own(quarry)
quarry_unity(quarry)
target_include_directories(quarry PRIVATE "${PROJECT_SOURCE_DIR}/examples/cli")
target_link_libraries(
  quarry PRIVATE quarry_parts quarry_allocator CLI11::CLI11 fmt::fmt
                 $<IF:$<TARGET_EXISTS:yaml-cpp::yaml-cpp>,yaml-cpp::yaml-cpp,yaml-cpp>)
if(QUARRY_TORCH)
  # Only linked: the program needs none of libtorch's headers, and the fmt among
  # them would come before the system's.
  target_link_libraries(quarry PRIVATE $<LINK_ONLY:quarry::torch>)
endif()
set_target_properties(
  quarry PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
                    INSTALL_RPATH_USE_LINK_PATH ON)
