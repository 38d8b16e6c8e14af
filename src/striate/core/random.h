// Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011). A number is a function of
// seed, stream, item and position, so item i of a job has the same numbers whoever computes it and
// when.
//
//   Random random(seed, stream("patches"), i);
//   random.below(n);  random.uniform();  random.normal();
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace striate {

// A stream's number from its name (FNV-1a, 32 bit).
constexpr std::uint32_t stream(std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

class Random {
 public:
  Random(std::uint64_t seed, std::uint32_t stream, std::uint64_t item = 0);

  std::uint32_t bits();                  // 32 random bits
  double uniform();                      // [0, 1), 53 bits
  double normal();                       // mean 0, variance 1
  std::uint64_t below(std::uint64_t n);  // 0 .. n-1, without bias; n >= 1

 private:
  std::uint64_t seed_;
  std::uint64_t item_;
  std::uint32_t stream_;
  std::uint32_t block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

// 0 .. n-1 in random order (Fisher-Yates).
std::vector<std::int64_t> permutation(std::int64_t n, Random random);

}  // namespace striate
