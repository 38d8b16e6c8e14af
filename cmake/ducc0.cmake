# The FFT of linalg/fft.h: the BSD-3 part of ducc0's C++ headers, as target striate_ducc0.
#
# STRIATE_DUCC0_DIR   a folder that holds ducc0/fft/fft.h or src/ducc0/fft/fft.h; nothing is fetched.
# otherwise           pip downloads the pinned source package once, its checksum is verified, and
#                     the BSD-3 files go to a cache that all build folders share: STRIATE_CACHE_DIR
#                     (variable or environment), else $XDG_CACHE_HOME/striate, else ~/.cache/striate,
#                     else the build folder. Several configurations may run at once.

set(STRIATE_DUCC0_DIR "" CACHE PATH "ducc0's sources; empty: fetched from PyPI and cached")
set(STRIATE_CACHE_DIR "" CACHE PATH "Where fetched sources are kept; empty: ~/.cache/striate")

set(STRIATE_DUCC0_VERSION 0.39.1)
set(STRIATE_DUCC0_SHA256 38eda188733d43c3602726e28bc9928d3117cdc23b5c1e7d89fdc26004a1d847)

function(striate_cache_folder result)
  set(folders "${STRIATE_CACHE_DIR}" "$ENV{STRIATE_CACHE_DIR}")
  if(DEFINED ENV{XDG_CACHE_HOME})
    list(APPEND folders "$ENV{XDG_CACHE_HOME}/striate")
  endif()
  if(DEFINED ENV{HOME})
    list(APPEND folders "$ENV{HOME}/.cache/striate")
  endif()
  list(APPEND folders "${CMAKE_BINARY_DIR}/_deps")
  foreach(folder ${folders})
    execute_process(COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
      RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    execute_process(COMMAND ${CMAKE_COMMAND} -E touch "${folder}/.writable"
      RESULT_VARIABLE read_only OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed AND NOT read_only)
      set(${result} "${folder}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "No folder to keep fetched sources in is writable; give -DSTRIATE_CACHE_DIR=")
endfunction()

# Fills `folder` with the headers; other processes see all of it or nothing.
function(striate_fetch_ducc0 folder cache)
  file(LOCK "${cache}/ducc0.lock" GUARD FUNCTION TIMEOUT 600)
  if(EXISTS "${folder}")
    return()  # another configuration was faster
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  message(STATUS "Fetching ducc0 ${STRIATE_DUCC0_VERSION} from PyPI into ${folder}")
  string(RANDOM LENGTH 8 tag)
  set(work "${cache}/ducc0-fetch-${tag}")
  file(MAKE_DIRECTORY "${work}")
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -m pip download --quiet --disable-pip-version-check --no-deps
      --no-binary=ducc0 --dest "${work}" ducc0==${STRIATE_DUCC0_VERSION}
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  set(package "${work}/ducc0-${STRIATE_DUCC0_VERSION}.tar.gz")
  if(failed OR NOT EXISTS "${package}")
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR "ducc0 ${STRIATE_DUCC0_VERSION} could not be fetched with "
      "'${Python3_EXECUTABLE} -m pip download'; it needs pip and PyPI, or unpack the source package "
      "yourself and give -DSTRIATE_DUCC0_DIR=.\n${said}")
  endif()
  file(SHA256 "${package}" sum)
  if(NOT sum STREQUAL STRIATE_DUCC0_SHA256)
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR "The ducc0 package fetched has SHA-256 ${sum}; "
      "${STRIATE_DUCC0_SHA256} is expected")
  endif()
  file(ARCHIVE_EXTRACT INPUT "${package}" DESTINATION "${work}")
  # Only files that may be used under the BSD-3 licence.
  set(from "${work}/ducc0-${STRIATE_DUCC0_VERSION}/src/ducc0")
  set(to "${work}/keep/ducc0")
  foreach(file fft/fft.h fft/fft1d_impl.h fft/fftnd_impl.h infra/aligned_array.h
      infra/error_handling.h infra/mav.cc infra/mav.h infra/misc_utils.h infra/simd.h
      infra/string_utils.cc infra/string_utils.h infra/threading.cc infra/threading.h
      infra/useful_macros.h math/cmplx.h math/unity_roots.h)
    file(READ "${from}/${file}" text)
    if(NOT text MATCHES "BSD-3-Clause")
      message(FATAL_ERROR "ducc0: ${file} does not carry the BSD-3-Clause licence")
    endif()
    get_filename_component(subfolder "${to}/${file}" DIRECTORY)
    file(COPY "${from}/${file}" DESTINATION "${subfolder}")
  endforeach()
  file(RENAME "${work}/keep" "${folder}")
  file(REMOVE_RECURSE "${work}")
endfunction()

if(STRIATE_DUCC0_DIR)
  find_path(striate_ducc0_include ducc0/fft/fftnd_impl.h NO_CACHE NO_DEFAULT_PATH
    PATHS "${STRIATE_DUCC0_DIR}" "${STRIATE_DUCC0_DIR}/src")
  if(NOT striate_ducc0_include)
    message(FATAL_ERROR "STRIATE_DUCC0_DIR is '${STRIATE_DUCC0_DIR}'; "
      "neither ducc0/fft/fftnd_impl.h nor src/ducc0/fft/fftnd_impl.h is there")
  endif()
else()
  striate_cache_folder(striate_cache)
  string(SUBSTRING ${STRIATE_DUCC0_SHA256} 0 12 striate_tag)
  set(striate_ducc0_include "${striate_cache}/ducc0-${STRIATE_DUCC0_VERSION}-${striate_tag}")
  if(NOT EXISTS "${striate_ducc0_include}")
    striate_fetch_ducc0("${striate_ducc0_include}" "${striate_cache}")
  endif()
endif()

add_library(striate_ducc0 INTERFACE)
target_include_directories(striate_ducc0 SYSTEM INTERFACE
  $<BUILD_INTERFACE:${striate_ducc0_include}>)
# Templates of many thousand lines, vectorised by hand: -O3 doubles the time to compile them only.
set_source_files_properties(
  ${CMAKE_CURRENT_SOURCE_DIR}/src/striate/linalg/fft/ducc.cc
  ${CMAKE_CURRENT_SOURCE_DIR}/src/striate/linalg/fft/ducc_float.cc PROPERTIES COMPILE_OPTIONS -O2)
