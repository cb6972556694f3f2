# Where the reference data of the tests lies; tests that need it skip without.
set(QUARRY_SHARED_DIR "$ENV{QUARRY_SHARED}" CACHE PATH "Reference data for tests")
set(shared_default "${PROJECT_SOURCE_DIR}/../shared")
if(NOT QUARRY_SHARED_DIR AND EXISTS "${shared_default}/goldens")
  file(REAL_PATH "${shared_default}" QUARRY_SHARED_DIR)
endif()
