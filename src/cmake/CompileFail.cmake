# cmake -DCOMPILER=... -DFLAGS=FILE -DSOURCE=... -P CompileFail.cmake
file(STRINGS "${SOURCE}" first LIMIT_COUNT 1)
if(NOT first MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line must be // expect: REGEX")
endif()
string(STRIP "${CMAKE_MATCH_1}" expected)
execute_process(
  COMMAND "${COMPILER}" -std=c++20 -fsyntax-only "@${FLAGS}" "${SOURCE}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE said
  ERROR_VARIABLE said)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but must not")
endif()
# The compiler also quotes our source: its first line must not count.
string(REPLACE "${first}" "" said "${said}")
if(NOT said MATCHES "${expected}")
  message(FATAL_ERROR "${SOURCE}: expected\n  ${expected}\nbut got\n${said}")
endif()
