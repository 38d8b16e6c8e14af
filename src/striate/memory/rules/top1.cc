#include "striate/memory/rules/top1.h"

#include <algorithm>
#include <cmath>

namespace striate {
namespace {

template <class T>
std::size_t largest(std::span<const std::complex<T>> overlaps) {
  std::size_t best = 0;
  for (std::size_t p = 1; p < overlaps.size(); ++p)
    if (std::norm(overlaps[p]) > std::norm(overlaps[best])) best = p;
  return best;
}

template <class T>
class Top1Weighting : public Weighting<T> {
 public:
  void weigh(std::span<std::complex<T>> overlaps) const override {
    if (overlaps.empty()) return;
    const std::size_t best = largest(std::span<const std::complex<T>>(overlaps));
    const std::complex<T> a = overlaps[best];
    std::ranges::fill(overlaps, std::complex<T>(0));
    if (a != std::complex<T>(0)) overlaps[best] = a / std::abs(a);
  }
  Reach reach() const override { return {.sparse = true, .most = 1}; }
  double potential(std::span<const std::complex<T>> overlaps) const override {
    if (overlaps.empty()) return 0;
    return std::abs(std::complex<double>(overlaps[largest(overlaps)]));
  }
};

}  // namespace

const MemoryRule top1 = {
    .name = "top1",
    .summary = "The stored code nearest to the state, exactly.",
    .source = "ramsauer2021",
    .form = PatternForm::graded,
    .normalization = Normalization::vector,
    .diagonal = Diagonal::keep,
    .linear = false,
    .of_codes = false,
    .convex = true,
    .prepare_float = plain_weighting<Top1Weighting<float>>,
    .prepare_double = plain_weighting<Top1Weighting<double>>,
};

}  // namespace striate
