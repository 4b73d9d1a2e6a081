# SPDX-License-Identifier: Apache-2.0
# cmake -DDEFECT=01_….txt -DROOT=<sources> -DOUTPUT=<file> -P apply_defect.cmake: a copy of the one source file that the
# defect names, with its original snippet, which must stand there exactly once, replaced.
include(${CMAKE_CURRENT_LIST_DIR}/read_defect.cmake)
read_defect(${DEFECT} file scenario original replacement)
file(READ ${ROOT}/${file} source)
string(FIND "${source}" "${original}" first)
string(FIND "${source}" "${original}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${DEFECT}: the original snippet must stand exactly once in ${file}")
endif()
string(REPLACE "${original}" "${replacement}" source "${source}")
file(WRITE ${OUTPUT} "${source}")
