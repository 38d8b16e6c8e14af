# The command striate, from cli/*.cc, against the libraries as any other user of them.
file(GLOB cli_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*.cc)
set(cli_tests ${cli_sources})
list(FILTER cli_sources EXCLUDE REGEX "\\.test\\.cc$")
list(FILTER cli_tests INCLUDE REGEX "\\.test\\.cc$")
set(cli_main ${cli_sources})
list(FILTER cli_main INCLUDE REGEX "/main\\.cc$")
list(REMOVE_ITEM cli_sources ${cli_main})
set(cli_libraries "")
foreach(component core io statistics pipelines)
  if(TARGET striate_${component})
    list(APPEND cli_libraries striate::${component})
  endif()
endforeach()
if(NOT cli_main)
  return()  # no command line yet
endif()

find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)

add_library(striate_cli OBJECT ${cli_sources})
target_include_directories(striate_cli PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(striate_cli PRIVATE striate_flags PUBLIC ${cli_libraries} CLI11::CLI11 fmt::fmt spdlog::spdlog
  tomlplusplus::tomlplusplus nlohmann_json::nlohmann_json Threads::Threads)

add_executable(striate_command ${cli_main})
target_link_libraries(striate_command PRIVATE striate_cli striate_flags)
set_target_properties(striate_command PROPERTIES OUTPUT_NAME striate
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
if(STRIATE_INSTALL)
  install(TARGETS striate_command COMPONENT command)
endif()

if(STRIATE_TESTS AND cli_tests)
  striate_test(cli ${cli_tests})
  target_link_libraries(cli_test PRIVATE striate_cli)
endif()
