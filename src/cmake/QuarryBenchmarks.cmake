# benchmarks/QUESTION/CONTENDER.cpp is the program bench_QUESTION_CONTENDER. One
# called limit_* measures what a program without Quarry reaches: it links
# libtorch alone, or libcurl, or nothing. All have the allocator of the program
# quarry.
file(GLOB quarry_benchmarks CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/benchmarks/*/*.cpp")
foreach(source IN LISTS quarry_benchmarks)
  cmake_path(GET source STEM contender)
  cmake_path(GET source PARENT_PATH folder)
  cmake_path(GET folder FILENAME question)
  if((contender MATCHES "torch|inference") AND NOT QUARRY_TORCH)
    continue()
  endif()
  set(target bench_${question}_${contender})
  add_executable(${target} "${source}")
  quarry_own(${target})
  if(contender MATCHES "^limit_curl")
    target_link_libraries(${target} PRIVATE CURL::libcurl quarry_allocator)
  elseif(contender MATCHES "^limit_read")
    target_link_libraries(${target} PRIVATE quarry_allocator)
  elseif(contender MATCHES "^limit_")
    target_link_libraries(${target} PRIVATE quarry_torch_libs Threads::Threads
                                            quarry_allocator)
  elseif(question STREQUAL "select")
    target_link_libraries(${target} PRIVATE quarry::strategy quarry_allocator)
  elseif(contender MATCHES "torch")
    target_link_libraries(${target} PRIVATE quarry::quarry quarry_allocator)
  else()
    target_link_libraries(${target} PRIVATE quarry::data quarry_allocator)
  endif()
  set_target_properties(
    ${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                         "${PROJECT_BINARY_DIR}/benchmarks")
endforeach()
