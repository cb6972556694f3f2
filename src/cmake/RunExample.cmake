# cmake -DPROGRAM=... -DEXPECTED=... -DWORK=... -P RunExample.cmake
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(
  COMMAND "${PROGRAM}"
  WORKING_DIRECTORY "${WORK}"
  OUTPUT_FILE "${WORK}.out"
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
if(EXISTS "${EXPECTED}")
  execute_process(COMMAND diff -u "${EXPECTED}" "${WORK}.out"
                  RESULT_VARIABLE differs)
  if(differs)
    message(FATAL_ERROR "the output differs from ${EXPECTED}")
  endif()
endif()
