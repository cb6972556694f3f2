# The package as its users meet it: installed into a fresh prefix, found by a
# small project (all of it, and some parts alone), and added as a subdirectory.
set(quarry_prefix "${PROJECT_BINARY_DIR}/package-prefix")
add_test(NAME package.install
         COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR}
                 -DPREFIX=${quarry_prefix} -P
                 "${PROJECT_SOURCE_DIR}/src/cmake/InstallFresh.cmake")
set_tests_properties(package.install PROPERTIES FIXTURES_SETUP quarry_installed
                                                LABELS package)

# quarry_package_test(NAME FOLDER CMAKE_OPTION...)
function(quarry_package_test name folder)
  set(build "${PROJECT_BINARY_DIR}/package/${name}")
  add_test(
    NAME package.${name}
    COMMAND
      ${CMAKE_CTEST_COMMAND} --build-and-test
      "${quarry_tests}/package/${folder}" "${build}" --build-generator
      ${CMAKE_GENERATOR} --build-target consumer --build-options
      -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
      -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
      -DCMAKE_CXX_FLAGS=${quarry_sanitizer_flags} ${ARGN} --test-command
      "${build}/consumer")
  set_tests_properties(package.${name} PROPERTIES LABELS package)
endfunction()

set(quarry_sanitizer_flags "")
if(QUARRY_SANITIZE)
  set(quarry_sanitizer_flags "-fsanitize=${quarry_sanitizers}")
endif()

# quarry_installed_test(NAME CMAKE_OPTION...)
function(quarry_installed_test name)
  quarry_package_test(${name} find_package -DCMAKE_PREFIX_PATH=${quarry_prefix}
                      ${ARGN})
  set_tests_properties(package.${name} PROPERTIES FIXTURES_REQUIRED
                                                  quarry_installed)
endfunction()

quarry_installed_test(find_package -DQUARRY_TORCH_ROOT=${quarry_torch_root})
# What a part does not need must not be missed.
quarry_installed_test(
  find_core -DPARTS=core -DABSENT=strategy,decode,pipeline
  -DCMAKE_DISABLE_FIND_PACKAGE_TBB=ON -DCMAKE_DISABLE_FIND_PACKAGE_JPEG=ON
  -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON -DCMAKE_DISABLE_FIND_PACKAGE_hwy=ON)
quarry_installed_test(
  find_core_strategy -DPARTS=core,strategy -DABSENT=decode,pipeline
  -DCMAKE_DISABLE_FIND_PACKAGE_JPEG=ON -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON)
quarry_installed_test(
  find_decode -DPARTS=decode -DABSENT=strategy,pipeline
  -DCMAKE_DISABLE_FIND_PACKAGE_TBB=ON -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON)
quarry_installed_test(find_pipeline -DPARTS=pipeline -DABSENT=torch,report)
quarry_package_test(
  add_subdirectory add_subdirectory -DQUARRY_SOURCE=${PROJECT_SOURCE_DIR}
  "$<$<BOOL:${QUARRY_CCACHE}>:-DCMAKE_CXX_COMPILER_LAUNCHER=${QUARRY_CCACHE}>")
