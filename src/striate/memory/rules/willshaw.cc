#include "striate/memory/rules/willshaw.h"

#include <algorithm>
#include <bit>

#include "striate/memory/rules/own_field_weighting.h"

namespace striate {
namespace {

// J, a row of bits per unit.
template <class T>
class ClippedField : public OwnField<T> {
 public:
  explicit ClippedField(const UnitCodes<T>& codes)
      : words_((static_cast<std::size_t>(codes.units()) + 63) / 64),
        bits_(words_ * static_cast<std::size_t>(codes.units())) {
    std::vector<std::uint64_t> pattern(words_);
    for (std::int64_t p = 0; p < codes.size(); ++p) {
      const UnitCode<T> code = codes[p];
      std::ranges::fill(pattern, 0);
      for (const std::int32_t i : code.units)
        pattern[static_cast<std::size_t>(i) / 64] |= std::uint64_t{1} << (i % 64);
      for (const std::int32_t i : code.units) {
        std::uint64_t* row = bits_.data() + words_ * static_cast<std::size_t>(i);
        for (std::size_t w = 0; w < words_; ++w) row[w] |= pattern[w];
      }
    }
  }

  void apply(std::span<const std::complex<T>> z, std::span<std::complex<T>> u) const override {
    std::ranges::fill(u, std::complex<T>(0));
    for (std::size_t j = 0; j < z.size(); ++j) {
      if (z[j] == std::complex<T>(0)) continue;
      const std::uint64_t* row = bits_.data() + words_ * j;  // J is symmetric
      for (std::size_t w = 0; w < words_; ++w)
        for (std::uint64_t rest = row[w]; rest != 0; rest &= rest - 1)
          u[64 * w + static_cast<std::size_t>(std::countr_zero(rest))] += z[j];
    }
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

template <class T>
std::unique_ptr<Weighting<T>> prepare(const StoredPatterns<T>& patterns, const MemorySettings&) {
  return std::make_unique<OwnFieldWeighting<T, ClippedField<T>>>(patterns.scale, patterns.codes);
}

}  // namespace

const MemoryRule willshaw = {
    .name = "willshaw",
    .summary = "One bit per pair of units: which were active together in some pattern.",
    .source = "willshaw1969",
    .form = PatternForm::binary,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::keep,
    .linear = false,
    .convex = false,
    .own_field = true,
    .of_codes = true,
    .most_units = 65536,
    .prepare_float = prepare<float>,
    .prepare_double = prepare<double>,
};

}  // namespace striate
