# striate_room(NAME [NEEDS rooms...] [LINKS libraries...])
#
# Collects src/striate/NAME/**.cc by suffix into an object library. *.test.cc become the program
# NAME_test, which links this room and what it needs and nothing else; *.bench.cc become NAME_bench;
# each x.fuzz.cc becomes NAME_x_fuzz. A room without sources yet is no error.

add_library(striate_options INTERFACE)
target_compile_features(striate_options INTERFACE cxx_std_20)
target_include_directories(striate_options INTERFACE
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(striate_options PROPERTIES EXPORT_NAME options)
add_library(striate_flags INTERFACE)  # how our own files are compiled; never exported
target_compile_options(striate_flags INTERFACE -Wall -Wextra -Wpedantic
  -fvisibility-inlines-hidden -ffp-contract=fast $<$<CXX_COMPILER_ID:GNU>:-Wno-psabi>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its own AVX-512 headers set off the first two, std::string the third (GCC bugs 105593, 105651).
  target_compile_options(striate_flags INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized
    -Wno-restrict)
endif()
target_compile_definitions(striate_flags INTERFACE EIGEN_DONT_PARALLELIZE EIGEN_MPL2_ONLY)
if(NOT STRIATE_ARCH STREQUAL "portable")
  target_compile_options(striate_flags INTERFACE -march=${STRIATE_ARCH})
endif()
if(STRIATE_WERROR)
  target_compile_options(striate_flags INTERFACE -Werror)
endif()
if(STRIATE_FUZZ)
  set(STRIATE_SANITIZE "fuzzer-no-link,address,undefined")
endif()
if(STRIATE_SANITIZE)
  target_compile_options(striate_flags INTERFACE -fsanitize=${STRIATE_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(striate_flags INTERFACE -fsanitize=${STRIATE_SANITIZE})
endif()

if(STRIATE_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_custom_target(striate_tests)  # all test programs
endif()
if(STRIATE_BENCH)
  find_package(benchmark REQUIRED)
endif()

function(striate_room name)
  cmake_parse_arguments(ROOM "" "" "NEEDS;LINKS" ${ARGN})
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/src/striate/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cc)
  foreach(kind test bench fuzz)
    set(${kind} ${sources})
    list(FILTER ${kind} INCLUDE REGEX "\\.${kind}\\.cc$")
  endforeach()
  list(FILTER sources EXCLUDE REGEX "\\.(test|bench|fuzz)\\.cc$")

  # What this room's tests have to link: itself and everything it needs.
  set(closure ${name})
  foreach(need ${ROOM_NEEDS})
    get_property(below GLOBAL PROPERTY STRIATE_CLOSURE_${need})
    list(APPEND closure ${below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_property(GLOBAL PROPERTY STRIATE_CLOSURE_${name} "${closure}")
  set_property(GLOBAL APPEND PROPERTY STRIATE_ROOMS ${name})
  set_property(GLOBAL PROPERTY STRIATE_LINKS_${name} "${ROOM_LINKS}")

  if(sources)
    add_library(striate_${name}_objects OBJECT ${sources})
    set_target_properties(striate_${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(striate_${name}_objects PUBLIC striate_options
      PRIVATE striate_flags ${ROOM_LINKS} Threads::Threads)
  endif()
  if(STRIATE_TESTS AND test)
    striate_test(${name} ${test} ROOMS ${closure})
  endif()
  if(STRIATE_BENCH AND bench)
    add_executable(${name}_bench ${bench})
    striate_link_rooms(${name}_bench ${closure})
    target_link_libraries(${name}_bench PRIVATE benchmark::benchmark_main)
  endif()
  if(STRIATE_FUZZ)
    foreach(source ${fuzz})
      get_filename_component(stem ${source} NAME)
      string(REPLACE ".fuzz.cc" "" stem ${stem})
      add_executable(${name}_${stem}_fuzz ${source})
      striate_link_rooms(${name}_${stem}_fuzz ${closure})
      target_link_options(${name}_${stem}_fuzz PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

# striate_test(NAME sources... [ROOMS rooms...]): the program NAME_test and its cases in ctest.
function(striate_test name)
  cmake_parse_arguments(TEST "" "" "ROOMS" ${ARGN})
  add_executable(${name}_test ${TEST_UNPARSED_ARGUMENTS})
  add_dependencies(striate_tests ${name}_test)
  target_include_directories(${name}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  striate_link_rooms(${name}_test ${TEST_ROOMS})
  target_link_libraries(${name}_test PRIVATE striate_problems GTest::gtest GTest::gmock
    GTest::gtest_main)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${name})
endfunction()

# tests/problems: planted problems and judges as a static library, of which every test program takes
# what it uses, and their own tests. Called where the rooms they need are known.
function(striate_problems)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/problems/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "\\.test\\.cc$")
  list(FILTER tests INCLUDE REGEX "\\.test\\.cc$")
  add_library(striate_problems STATIC EXCLUDE_FROM_ALL ${sources})
  target_include_directories(striate_problems PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(striate_problems PRIVATE striate_options striate_flags GTest::gtest)
  if(tests)
    striate_test(problems ${tests} ROOMS codes core)
  endif()
endfunction()

# Links the objects of the named rooms and their private libraries into a program of our own.
function(striate_link_rooms target)
  target_link_libraries(${target} PRIVATE striate_options striate_flags Threads::Threads)
  foreach(room ${ARGN})
    if(TARGET striate_${room}_objects)
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:striate_${room}_objects>)
      get_property(links GLOBAL PROPERTY STRIATE_LINKS_${room})
      target_link_libraries(${target} PRIVATE ${links})
    endif()
  endforeach()
endfunction()
