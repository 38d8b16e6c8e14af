#include "striate/memory/rules/sdm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "striate/core/random.h"
#include "striate/memory/rules/own_field_weighting.h"

namespace striate {
namespace detail {

namespace {

// That of n random signs exactly r differ.
double probability(std::int64_t units, std::int64_t differing) {
  const auto n = static_cast<double>(units), r = static_cast<double>(differing);
  return std::exp(std::lgamma(n + 1) - std::lgamma(r + 1) - std::lgamma(n - r + 1) -
                  n * std::numbers::ln2);
}

}  // namespace

double share_within(std::int64_t units, std::int64_t radius) {
  double sum = 0;
  for (std::int64_t r = 0; r <= std::min(radius, units); ++r) sum += probability(units, r);
  return sum;
}

std::int64_t radius_for(std::int64_t units, double share) {
  double sum = probability(units, 0);
  std::int64_t radius = 0;
  while (radius < units && (sum += probability(units, radius + 1)) <= share) ++radius;
  return radius;
}

}  // namespace detail

namespace {

constexpr std::int64_t kMostCounters = std::int64_t{1} << 30;

// Signs as bits: which are known, and which of these are negative.
struct SignBits {
  explicit SignBits(std::size_t words) : known(words), negative(words) {}
  template <class T>
  void assign(std::span<const std::complex<T>> z) {
    for (std::size_t w = 0; w < known.size(); ++w) known[w] = negative[w] = 0;
    for (std::size_t i = 0; i < z.size(); ++i) set(i, z[i]);
  }
  template <class T>
  void set(std::size_t i, std::complex<T> x) {
    known[i / 64] |= std::uint64_t{x.real() != 0} << (i % 64);
    negative[i / 64] |= std::uint64_t{x.real() < 0} << (i % 64);
  }
  std::vector<std::uint64_t> known, negative;
};

template <class T>
class HardLocations : public OwnField<T> {
 public:
  HardLocations(const StoredPatterns<T>& patterns, const MemorySettings& settings)
      : units_(static_cast<std::size_t>(settings.units)),
        words_((units_ + 63) / 64),
        locations_(static_cast<std::size_t>(settings.locations.value_or(10000))),
        radius_(settings.radius.value_or(detail::radius_for(settings.units, 0.01))),
        share_(detail::share_within(settings.units, radius_)),
        addresses_(locations_ * words_) {
    if (settings.units > kMostCounters / static_cast<std::int64_t>(locations_))
      throw Error("AssociativeMemory: locations is ", locations_, " and units is ", units_,
                  "; sdm keeps a counter for each pair, at most ", kMostCounters);
    counters_.resize(locations_ * units_);
    for (std::size_t l = 0; l < locations_; ++l) {
      Random random(0, stream("sdm"), l);
      for (std::size_t w = 0; w < words_; ++w) {
        const std::uint64_t low = random.bits();
        addresses_[l * words_ + w] = low | std::uint64_t{random.bits()} << 32;
      }
    }
    for (std::int64_t p = 0; p < patterns.codes.size(); ++p)
      write(patterns.codes[p],
            patterns.weights.empty() ? 1 : patterns.weights[static_cast<std::size_t>(p)]);
  }

  void apply(std::span<const std::complex<T>> z, std::span<std::complex<T>> u) const override {
    SignBits state(words_);
    state.assign(z);
    std::vector<double> sums(units_);
    for_each_reached(state, [&](std::size_t l) {
      for (std::size_t i = 0; i < units_; ++i) sums[i] += counters_[l * units_ + i];
    });
    for (std::size_t i = 0; i < units_; ++i) u[i] = static_cast<T>(sums[i]);
  }

 private:
  void write(UnitCode<T> code, double weight) {
    SignBits pattern(words_);
    for (std::size_t i = 0; i < code.active(); ++i)
      pattern.set(static_cast<std::size_t>(code.units[i]), code.values[i]);
    for_each_reached(pattern, [&](std::size_t l) {
      for (std::size_t i = 0; i < code.active(); ++i)
        counters_[l * units_ + static_cast<std::size_t>(code.units[i])] +=
            static_cast<T>(weight) * code.values[i].real();
    });
  }
  template <class F>
  void for_each_reached(const SignBits& signs, F f) const {
    std::size_t known = 0;
    for (const std::uint64_t word : signs.known)
      known += static_cast<std::size_t>(std::popcount(word));
    if (known == 0) return;
    const auto most = static_cast<std::size_t>(
        known == units_ ? radius_ : detail::radius_for(static_cast<std::int64_t>(known), share_));
    for (std::size_t l = 0; l < locations_; ++l) {
      const std::uint64_t* address = addresses_.data() + l * words_;
      std::size_t differing = 0;
      for (std::size_t w = 0; w < words_; ++w)
        differing += static_cast<std::size_t>(
            std::popcount((address[w] ^ signs.negative[w]) & signs.known[w]));
      if (differing <= most) f(l);
    }
  }

  std::size_t units_, words_, locations_;
  std::int64_t radius_;
  double share_;                          // of random locations within it
  std::vector<std::uint64_t> addresses_;  // a bit per sign, 1: negative
  std::vector<T> counters_;
};

template <class T>
std::unique_ptr<Weighting<T>> prepare(const StoredPatterns<T>& patterns,
                                      const MemorySettings& settings) {
  return std::make_unique<OwnFieldWeighting<T, HardLocations<T>>>(patterns.scale, patterns,
                                                                  settings);
}

}  // namespace

const MemoryRule sdm = {
    .name = "sdm",
    .summary = "Counters at random addresses: sparse distributed memory of signs.",
    .source = "kanerva1988",
    .form = PatternForm::bipolar,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::keep,
    .linear = false,
    .convex = false,
    .own_field = true,
    .of_codes = true,
    .options = {"locations", "radius"},
    .prepare_float = prepare<float>,
    .prepare_double = prepare<double>,
};

}  // namespace striate
