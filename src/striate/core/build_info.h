// What this library is and how it was built: for `striate info` and for provenance in files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace striate {

inline constexpr std::string_view library_version = "0.1.0";  // as in CMakeLists.txt

struct BuildInfo {
  std::string version = {};
  std::string compiler = {};      // "g++ 12.2.0"
  bool optimised = false;         // compiled with optimisation
  std::string architecture = {};  // "x86-64", "arm64"
  std::vector<std::string> instruction_set =
      {};                                    // what the library's own code may use: "avx2", "fma"
  std::vector<std::string> sanitizers = {};  // "address", "thread"; mostly none
};
BuildInfo build_info();

// The model name of this machine's processor; empty where the system does not tell.
std::string processor_name();

}  // namespace striate
