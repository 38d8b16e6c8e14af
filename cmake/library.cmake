# striate_library(COMPONENT ROOMS rooms... [NEEDS components...])
#
# One installed shared library, striate::COMPONENT, made of the rooms' objects. It keeps the rooms'
# private libraries to itself and shows only names of namespace striate (exports.map).

include(CMakePackageConfigHelpers)

function(striate_library component)
  cmake_parse_arguments(LIBRARY "" "" "ROOMS;NEEDS" ${ARGN})
  set(built "")
  foreach(room ${LIBRARY_ROOMS})
    if(TARGET striate_${room}_objects)
      list(APPEND built ${room})
    endif()
  endforeach()
  if(NOT built)
    return()  # its rooms have no sources yet
  endif()
  if(component STREQUAL "core")
    set(name striate)
  else()
    set(name striate_${component})
  endif()

  add_library(striate_${component} SHARED)
  add_library(striate::${component} ALIAS striate_${component})
  striate_link_rooms(striate_${component} ${built})
  target_link_libraries(striate_${component} INTERFACE striate_options)
  set(requires "")
  foreach(need ${LIBRARY_NEEDS})
    if(TARGET striate_${need})
      target_link_libraries(striate_${component} PUBLIC striate_${need})
      get_target_property(needed striate_${need} OUTPUT_NAME)
      string(APPEND requires " ${needed}")
    endif()
  endforeach()
  set_target_properties(striate_${component} PROPERTIES
    OUTPUT_NAME ${name} EXPORT_NAME ${component} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    INSTALL_RPATH "$ORIGIN"
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(striate_${component} PRIVATE
      -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map -Wl,-Bsymbolic-functions)
    if(NOT STRIATE_SANITIZE)
      target_link_options(striate_${component} PRIVATE -Wl,--no-undefined)
    endif()
  endif()

  if(NOT STRIATE_INSTALL)
    return()
  endif()
  install(TARGETS striate_${component} EXPORT striateTargets COMPONENT ${component})
  foreach(room ${LIBRARY_ROOMS})
    install(DIRECTORY src/striate/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/striate
      COMPONENT ${component} FILES_MATCHING PATTERN "*.h"
      PATTERN "detail" EXCLUDE PATTERN "*.test*" EXCLUDE)
  endforeach()
  set(PC_NAME ${name})
  file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" PC_TO_PREFIX ${PC_TO_PREFIX})
  set(PC_REQUIRES "${requires}")
  configure_file(cmake/striate.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${component})
endfunction()

# The package files, once all libraries are declared.
function(striate_install_package)
  install(TARGETS striate_options EXPORT striateTargets COMPONENT core)
  install(EXPORT striateTargets NAMESPACE striate:: COMPONENT core
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/striate)
  configure_package_config_file(cmake/striateConfig.cmake.in striateConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/striate)
  write_basic_package_version_file(striateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/striateConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/striateConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/striate COMPONENT core)
  install(FILES LICENSE THIRD_PARTY_NOTICES DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT core)
endfunction()
