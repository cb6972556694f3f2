# cmake -DPROGRAM=... -DEXPECTED=... -DWORK=... [-DPREPARED=ON] -P RunExample.cmake
#
# Runs an example in the directory WORK, made afresh unless it is PREPARED, and
# compares its output with the file EXPECTED. In a prepared directory lies a
# model that was trained on this machine, whose arithmetic decides the last
# digits: there, numbers and names of samples are compared by their form.
if(NOT PREPARED)
  file(REMOVE_RECURSE "${WORK}")
  file(MAKE_DIRECTORY "${WORK}")
endif()
execute_process(
  COMMAND "${PROGRAM}"
  WORKING_DIRECTORY "${WORK}"
  OUTPUT_VARIABLE output
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}\n${output}")
endif()
if(EXISTS "${EXPECTED}")
  file(READ "${EXPECTED}" expected)
  if(PREPARED)
    foreach(text output expected)
      string(REGEX REPLACE "[a-z]+/[^ \n]+" "SAMPLE" ${text} "${${text}}")
      string(REGEX REPLACE "[0-9]+" "0" ${text} "${${text}}")
    endforeach()
  endif()
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "The output differs from ${EXPECTED}. Expected:\n"
                        "${expected}\nGot:\n${output}")
  endif()
endif()
