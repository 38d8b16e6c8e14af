#include "striate/core/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "striate/core/errors.h"

namespace striate {

Random::Random(std::uint64_t seed, std::uint32_t stream, std::uint64_t item)
    : seed_(seed), item_(item), stream_(stream) {}

std::uint32_t Random::bits() {
  if (used_ == 4) {
    const r123::Philox4x32::ctr_type counter = {{block_++, stream_,
                                                 static_cast<std::uint32_t>(item_),
                                                 static_cast<std::uint32_t>(item_ >> 32)}};
    const r123::Philox4x32::key_type key = {
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
    const auto words = r123::Philox4x32()(counter, key);
    for (std::size_t i = 0; i < 4; ++i) words_[i] = words[i];
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

double Random::uniform() {
  const std::uint64_t high = bits(), low = bits();
  return static_cast<double>((high << 32 | low) >> 11) * 0x1p-53;
}

// Box and Muller 1958: two uniforms give two normals, the second is kept for the next call.
double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t n) {
  if (n == 0) throw Error("Random::below: n is 0; it must be at least 1");
  const std::uint64_t excess = -n % n;  // 2^64 mod n: as many values would come once too often
  for (;;) {
    const std::uint64_t high = bits(), low = bits();
    const std::uint64_t value = high << 32 | low;
    if (value >= excess) return value % n;
  }
}

std::vector<std::int64_t> permutation(std::int64_t n, Random random) {
  if (n < 0) throw Error("permutation: n is ", n, "; it must be at least 0");
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

}  // namespace striate
