# benchmarks/QUESTION/CONTENDER.cpp is the program bench_QUESTION_CONTENDER. One
# that links no part of Quarry measures what a program without it reaches. All
# have the allocator of the program quarry.

# What the contenders of a question link.
set(quarry_bench_libs_pipeline quarry_torch_libs CURL::libcurl JPEG::JPEG
                               Threads::Threads)
set(quarry_bench_libs_select quarry::strategy)
set(quarry_bench_libs_sources quarry::data)
# Those that link something else.
set(quarry_bench_libs_pipeline_quarry_synthetic quarry::pipeline)
set(quarry_bench_libs_pipeline_quarry_torch quarry::quarry)
set(quarry_bench_libs_pipeline_limit_files "")
set(quarry_bench_libs_pipeline_limit_jpeg JPEG::JPEG)
set(quarry_bench_libs_select_limit_gradient_torch quarry_torch_libs
                                                  Threads::Threads)
set(quarry_bench_libs_select_limit_log Threads::Threads)
set(quarry_bench_libs_select_quarry_attack_torch quarry::quarry)
set(quarry_bench_libs_select_quarry_select_torch quarry::torch)
set(quarry_bench_libs_sources_limit_curl CURL::libcurl)
set(quarry_bench_libs_sources_limit_read "")
set(quarry_bench_libs_sources_limit_read_lines "")

file(GLOB quarry_benchmarks CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/benchmarks/*/*.cpp")
foreach(source IN LISTS quarry_benchmarks)
  cmake_path(GET source STEM contender)
  cmake_path(GET source PARENT_PATH folder)
  cmake_path(GET folder FILENAME question)
  set(libs ${question})
  if(DEFINED quarry_bench_libs_${question}_${contender})
    set(libs ${question}_${contender})
  endif()
  set(libs ${quarry_bench_libs_${libs}})
  if((contender MATCHES "torch|inference|sequential|overlapped") AND NOT QUARRY_TORCH)
    continue()
  endif()
  # Its vector logarithms are glibc's, which GCC calls on x86-64.
  if(contender STREQUAL "limit_log"
     AND NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
              AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64"))
    continue()
  endif()
  set(target bench_${question}_${contender})
  add_executable(${target} "${source}")
  quarry_own(${target})
  target_link_libraries(${target} PRIVATE ${libs} quarry_allocator)
  set_target_properties(
    ${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                         "${PROJECT_BINARY_DIR}/benchmarks")
endforeach()

if(TARGET bench_select_limit_log)
  target_compile_options(
    bench_select_limit_log PRIVATE -O3 -ffast-math -march=native
                                   -mprefer-vector-width=512)
endif()
