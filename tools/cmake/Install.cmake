# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the library with its headers, what find_package and pkg-config read, stratad, the
# services as plugins (strata_service), the schema and the examples.
include_guard()
include(CMakePackageConfigHelpers)

file(RELATIVE_PATH to_library ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(stratad PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
install(TARGETS stratad)
install(TARGETS strata EXPORT StrataTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The simulator is for tests: an archive of its own, so that no daemon carries it.
add_library(strata_simulator STATIC $<TARGET_OBJECTS:strata_sim>)
set_target_properties(strata_simulator PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME sim)
target_link_libraries(strata_simulator PUBLIC strata)
install(TARGETS strata_simulator EXPORT StrataTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/frameworks/sim/include/ TYPE INCLUDE)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Strata)
install(EXPORT StrataTargets NAMESPACE strata:: DESTINATION ${package})
set(STRATA_BINDIR ${CMAKE_INSTALL_BINDIR})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/StrataConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/StrataConfig.cmake INSTALL_DESTINATION ${package}
                              PATH_VARS STRATA_BINDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/StrataConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/StrataConfig.cmake ${PROJECT_BINARY_DIR}/StrataConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/StrataService.cmake DESTINATION ${package})

file(RELATIVE_PATH to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/strata.pc.in ${PROJECT_BINARY_DIR}/strata.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/strata.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY config/schema config/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/strata)
