#include "striate/core/build_info.h"

#include <fstream>

#include "striate/core/text.h"

namespace striate {

BuildInfo build_info() {
  BuildInfo info{.version = std::string(library_version)};
#if defined(__clang__)
  info.compiler = join("clang ", __clang_major__, ".", __clang_minor__, ".", __clang_patchlevel__);
#elif defined(__GNUC__)
  info.compiler = join("g++ ", __GNUC__, ".", __GNUC_MINOR__, ".", __GNUC_PATCHLEVEL__);
#endif
#ifdef __OPTIMIZE__
  info.optimised = true;
#endif
#if defined(__x86_64__)
  info.architecture = "x86-64";
#elif defined(__aarch64__)
  info.architecture = "arm64";
#else
  info.architecture = "other";
#endif
#ifdef __SSE4_2__
  info.instruction_set.push_back("sse4.2");
#endif
#ifdef __AVX__
  info.instruction_set.push_back("avx");
#endif
#ifdef __AVX2__
  info.instruction_set.push_back("avx2");
#endif
#ifdef __FMA__
  info.instruction_set.push_back("fma");
#endif
#ifdef __AVX512F__
  info.instruction_set.push_back("avx512f");
#endif
#ifdef __ARM_NEON
  info.instruction_set.push_back("neon");
#endif
#ifdef __SANITIZE_ADDRESS__
  info.sanitizers.push_back("address");
#endif
#ifdef __SANITIZE_THREAD__
  info.sanitizers.push_back("thread");
#endif
  return info;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with("model name") || colon == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(" \t", colon + 1);
    return first == std::string::npos ? std::string() : line.substr(first);
  }
  return {};
}

}  // namespace striate
