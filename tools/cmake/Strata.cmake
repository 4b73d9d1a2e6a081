# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a target: strata_module() for layers and modules, strata_test() for their fixtures.
include_guard()
include(GNUInstallDirs)
include(StrataService)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# What STRATA_EXPORT does not offer is hidden. For clang a function's definition must stand in the marked namespace
# itself, and no source file's does: there all is offered.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
endif()
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

find_program(STRATA_CCACHE ccache)
if(STRATA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${STRATA_CCACHE})
endif()
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # a foreign library found by one module is linked into the whole
find_package(Threads REQUIRED)
set(STRATA_PLUGIN_DIRECTORY ${CMAKE_INSTALL_LIBDIR}/strata)  # where stratad finds kinds that no file names

add_library(strata_build INTERFACE)  # flags of our own targets, never of a user's
target_compile_options(strata_build INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       $<$<BOOL:${STRATA_STRICT}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's stable_sort calls get_temporary_buffer, deprecated since C++17, and clang blames the caller.
  target_compile_options(strata_build INTERFACE -Wno-deprecated-declarations)
endif()

# strata_module(NAME SOURCES … [DEPS …] [PRIVATE_DEPS …]): target strata_NAME with ./include as its include root.
# DEPS and PRIVATE_DEPS are full target names. Without SOURCES the module is its headers.
function(strata_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  if(arg_SOURCES)
    add_library(strata_${name} STATIC ${arg_SOURCES})
    target_include_directories(strata_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(strata_${name} PUBLIC ${arg_DEPS} PRIVATE strata_build ${arg_PRIVATE_DEPS})
    # In a shared library a thread's variable is else a call away; a program starts with the library, so it has a place.
    # Nor does anybody replace its functions: one may be inlined into another of its file.
    target_compile_options(strata_${name} PRIVATE -ftls-model=initial-exec -fno-semantic-interposition)
  else()
    add_library(strata_${name} INTERFACE)
    target_include_directories(strata_${name} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(strata_${name} INTERFACE ${arg_DEPS})
  endif()
  set_property(GLOBAL APPEND PROPERTY STRATA_MODULES ${name})
endfunction()

# strata_library(MODULE …): target strata, the one library that users see, of all these modules; strata_interface has
# what its users compile with, for the code of this tree that is linked with either.
function(strata_library)
  add_library(strata_interface INTERFACE)
  add_library(strata SHARED)
  add_library(strata::strata ALIAS strata)
  set_target_properties(strata PROPERTIES VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(strata PUBLIC cxx_std_23)
  target_link_libraries(strata PUBLIC Threads::Threads)
  # A call from one of its files to another needs no table: nobody replaces its functions.
  target_link_options(strata PRIVATE LINKER:-Bsymbolic-functions LINKER:-z,now)
  foreach(module ${ARGN})
    get_target_property(type strata_${module} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      target_sources(strata PRIVATE $<TARGET_OBJECTS:strata_${module}>)
      get_target_property(libraries strata_${module} LINK_LIBRARIES)
      list(FILTER libraries EXCLUDE REGEX "^strata_")
      target_link_libraries(strata PRIVATE ${libraries})
    endif()
    get_target_property(roots strata_${module} INTERFACE_INCLUDE_DIRECTORIES)
    foreach(root IN LISTS roots)
      target_include_directories(strata_interface INTERFACE ${root})
      target_include_directories(strata PUBLIC $<BUILD_INTERFACE:${root}>)
      install(DIRECTORY ${root}/ TYPE INCLUDE)
    endforeach()
  endforeach()
  set_target_properties(strata PROPERTIES LINKER_LANGUAGE CXX)
endfunction()

# strata_service(NAME SOURCES …): a service of this tree. Its objects are linked into stratad (an archive would not do:
# from one a linker takes only what somebody asks for, and nobody asks for a service) and make a plugin, libNAME.so.
function(strata_service name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(strata_service_${name} OBJECT ${arg_SOURCES})
  target_link_libraries(strata_service_${name} PRIVATE strata_interface strata_build)
  strata_plugin_flags(strata_service_${name})
  set_property(GLOBAL APPEND PROPERTY STRATA_SERVICES strata_service_${name})
  strata_add_service(${name} SOURCES $<TARGET_OBJECTS:strata_service_${name}>)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  install(TARGETS ${name} LIBRARY DESTINATION ${STRATA_PLUGIN_DIRECTORY})
endfunction()

# strata_as_test(TARGET): how the suite's own code is compiled: sooner, since its speed is not worth a wait; with the
# precompiled header of strata_test_support, which serves only what was compiled alike: hence no flag of position.
function(strata_as_test target)
  target_compile_options(${target} PRIVATE $<IF:$<CONFIG:Release>,-O1,-O0>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # At -O1 g++ 12 sees std::string's own copies overrun.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  if(NOT target STREQUAL strata_test_support)
    target_precompile_headers(${target} REUSE_FROM strata_test_support)
  endif()
endfunction()

add_custom_target(strata_threads)  # the programs whose tests use real threads: what TSan needs

# strata_test(MODULE SOURCES A_Test.cpp … [THREADS A_Test …] [DEPS …] [INTERRUPTED]): one program MODULE_tests, one
# ctest entry MODULE.A for each fixture file; those named in THREADS carry the label `threads` and run under TSan too.
# With INTERRUPTED all of them run once more with EINTR at every second call, in four parts that run side by side:
# MODULE.interrupted.1 to .4.
function(strata_test module)
  cmake_parse_arguments(arg "INTERRUPTED" "" "SOURCES;THREADS;DEPS" ${ARGN})
  add_executable(${module}_tests ${arg_SOURCES})
  target_link_libraries(${module}_tests PRIVATE strata_build strata_test_support ${arg_DEPS})
  strata_as_test(${module}_tests)
  if(arg_THREADS)
    add_dependencies(strata_threads ${module}_tests)
  endif()
  set(part 0)
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(fixture ${source} NAME_WE)
    if(NOT fixture MATCHES "_Test$")
      continue()
    endif()
    math(EXPR part "${part} % 4 + 1")
    list(APPEND interrupted_${part} ${fixture})
    string(REGEX REPLACE "_Test$" "" subject ${fixture})
    add_test(NAME ${module}.${subject} COMMAND ${module}_tests ${fixture})
    set_tests_properties(${module}.${subject} PROPERTIES LABELS "${module}")
    if(fixture IN_LIST arg_THREADS)
      set_tests_properties(${module}.${subject} PROPERTIES LABELS "${module};threads")
    endif()
  endforeach()
  if(arg_INTERRUPTED)
    foreach(part RANGE 1 4)
      set(entry ${module}.interrupted.${part})
      add_test(NAME ${entry} COMMAND ${module}_tests ${interrupted_${part}})
      set_tests_properties(${entry} PROPERTIES LABELS "${module}" ENVIRONMENT STRATA_INTERRUPTED=1)
    endforeach()
  endif()
endfunction()

# Adds ./NAME where it exists: a module that has no content yet has no folder.
macro(strata_add_modules)
  foreach(module ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${module}/CMakeLists.txt)
      add_subdirectory(${module})
    endif()
  endforeach()
endmacro()
