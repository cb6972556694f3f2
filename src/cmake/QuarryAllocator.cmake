# quarry_allocator: what programs of ours link that run libtorch on the CPU.
# jemalloc keeps the buffers between batches where glibc hands them back to the
# system and faults them in again: twice the rate with small nets, and a peak
# that does not creep. A library leaves the choice to the application.
add_library(quarry_allocator INTERFACE)
find_path(QUARRY_JEMALLOC_INCLUDE jemalloc/jemalloc.h)
find_library(QUARRY_JEMALLOC jemalloc)
if(QUARRY_SANITIZE)
  # Sanitizers have an allocator of their own.
elseif(QUARRY_JEMALLOC AND QUARRY_JEMALLOC_INCLUDE)
  target_include_directories(quarry_allocator SYSTEM
                             INTERFACE "${QUARRY_JEMALLOC_INCLUDE}")
  target_link_libraries(quarry_allocator INTERFACE "${QUARRY_JEMALLOC}")
  target_sources(quarry_allocator INTERFACE "${CMAKE_CURRENT_LIST_DIR}/allocator.cpp")
  target_compile_definitions(quarry_allocator INTERFACE QUARRY_HAS_JEMALLOC=1)
else()
  message(WARNING "no jemalloc (libjemalloc-dev): programs of ours will be slow "
                  "with small networks")
endif()
