#include "striate/memory/rules/power.h"

#include "striate/memory/rules/separable_weighting.h"

namespace striate {
namespace {

struct PowerShape {
  static constexpr bool identity = false;
  PowerShape(const MemorySettings& settings, double scale)
      : q(settings.power.value_or(3)), s(scale) {}
  double potential(double modulus) const { return std::pow(s * modulus, q + 1) / ((q + 1) * s); }
  double factor(double modulus) const { return s * std::pow(s * modulus, q - 1); }
  double q, s;
};

template <class T>
using PowerWeighting = SeparableWeighting<T, PowerShape>;

}  // namespace

const MemoryRule power = {
    .name = "power",
    .summary = "Overlaps to a power: dense associative memory of phasor codes.",
    .source = "krotov2016",
    .form = PatternForm::phasor,
    .normalization = Normalization::phase,
    .diagonal = Diagonal::keep,
    .linear = false,
    .convex = true,
    .options = {"power", "overlap_cut", "overlap_top"},
    .prepare_float = plain_weighting<PowerWeighting<float>>,
    .prepare_double = plain_weighting<PowerWeighting<double>>,
};

}  // namespace striate
