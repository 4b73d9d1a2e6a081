# SPDX-License-Identifier: Apache-2.0
# strata_add_service(NAME SOURCES …): a plugin for stratad, libNAME.so, of sources that hold STRATA_SERVICE. A target
# like any other: link it to what the service needs.
include_guard()

function(strata_add_service name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "strata_add_service(${name} SOURCES …): there are no sources")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE strata::strata)
  strata_plugin_flags(${name})
  # What nobody defines is told when the plugin is built, not when it is loaded; a sanitizer's own is in the program.
  if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_EXE_LINKER_FLAGS}" MATCHES "-fsanitize" AND NOT STRATA_FUZZ)
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()

# A unique symbol (STB_GNU_UNIQUE) would keep the plugin mapped for ever; what is hidden cannot be mistaken for another
# plugin's. clang makes no unique symbols.
function(strata_plugin_flags target)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                        POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
endfunction()
