# The code of tests/torch/package as AOTInductor packages hold it: shared
# libraries that end in libtorch's own interface.cpp.
cmake_path(GET QUARRY_TORCH_LIB_DIR PARENT_PATH root)
set(interface "${root}/_inductor/codegen/aoti_runtime/interface.cpp")
set(test "${quarry_tests}/torch/torch_aoti_model_test.cpp")
if(quarry_torch_found VERSION_LESS 2.15 OR NOT EXISTS "${interface}")
  message(STATUS "The tests of compiled packages are left out: they need \
libtorch 2.15, and of its wheel ${interface}")
  set_source_files_properties("${test}" PROPERTIES HEADER_FILE_ONLY ON)
  return()
endif()
set(packages "${PROJECT_BINARY_DIR}/tests/packages")

# quarry_package(NAME OUTPUTS ROWS MOST)
function(quarry_package name outputs rows most)
  add_library(${name} MODULE "${quarry_tests}/torch/package/compiled.cpp"
                             "${interface}")
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_definitions(${name} PRIVATE QUARRY_OUTPUTS=${outputs}
                                             QUARRY_ROWS=${rows}
                                             QUARRY_MOST=${most})
  target_link_libraries(${name} PRIVATE quarry_torch_libs)
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY
                                           "${packages}")
  add_dependencies(quarry_torch_tests ${name})
endfunction()

quarry_package(compiled_1 1 0 0)
quarry_package(compiled_2 2 0 0)
quarry_package(compiled_3 3 0 0)
quarry_package(compiled_rows 1 5 0)
quarry_package(compiled_most 1 0 16)
target_compile_definitions(quarry_torch_tests
                           PRIVATE QUARRY_PACKAGES_DIR="${packages}")
