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
  Top1Weighting(const MemorySettings& settings, double scale)
      : cut_(settings.overlap_cut.value_or(0) / scale) {}
  void weigh(std::span<std::complex<T>> overlaps, std::span<const double>) const override {
    if (overlaps.empty()) return;
    const std::size_t best = largest(std::span<const std::complex<T>>(overlaps));
    const std::complex<T> a = overlaps[best];
    std::ranges::fill(overlaps, std::complex<T>(0));
    if (a != std::complex<T>(0) && std::abs(a) >= cut_) overlaps[best] = a / std::abs(a);
  }
  Reach reach() const override { return {.sparse = true, .least = cut_, .most = 1}; }
  double potential(std::span<const std::complex<T>> overlaps,
                   std::span<const double>) const override {
    if (overlaps.empty()) return cut_;
    return std::max(cut_, std::abs(std::complex<double>(overlaps[largest(overlaps)])));
  }

 private:
  double cut_;
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
    .convex = true,
    .options = {"overlap_cut"},
    .prepare_float = plain_weighting<Top1Weighting<float>>,
    .prepare_double = plain_weighting<Top1Weighting<double>>,
};

}  // namespace striate
