// Rules whose potential is a sum over patterns: Phi(a) = sum_p w_p H(|a_p|), g(a)_p = w_p F a_p with
// F = H'(|a_p|) / |a_p|. Where overlaps are cut, Phi is the sum over those that stay of
// w_p (H(|a_p|) - H(cut)): still convex, as a maximum of sums of max(0, H - H(cut)).
//
// A Shape is made from (settings, scale) and has potential(modulus), H, and factor(modulus), F;
// `identity`: F = 1. H(0) = 0, so that overlaps of 0 have no part in it.
#pragma once

#include "striate/memory/rule.h"
#include "striate/memory/rules/overlap_selection.h"

namespace striate {

template <class T, class Shape>
class SeparableWeighting : public Weighting<T> {
 public:
  SeparableWeighting() = default;
  SeparableWeighting(const MemorySettings& settings, double scale)
      : shape_(settings, scale), selection_(settings, scale) {}

  void weigh(std::span<std::complex<T>> overlaps, std::span<const double> weights) const override {
    if (Shape::identity && selection_.all() && weights.empty()) return;
    const std::vector<double> parts = parts_of(overlaps, weights);
    for (std::size_t p = 0; p < overlaps.size(); ++p)
      if (parts[p] < 0) overlaps[p] = 0;
      else
        overlaps[p] *= static_cast<T>((weights.empty() ? 1 : weights[p]) *
                                      shape_.factor(modulus(overlaps[p])));
  }
  double potential(std::span<const std::complex<T>> overlaps,
                   std::span<const double> weights) const override {
    double sum = 0;
    for (const double part : parts_of(overlaps, weights)) sum += std::max(0.0, part);
    return sum;
  }
  bool separable() const override { return selection_.by_size(); }
  Reach reach() const override {
    return {.sparse = true, .least = selection_.cut(), .most = selection_.top()};
  }

 private:
  // What each pattern adds to Phi; -1: it is cut.
  std::vector<double> parts_of(std::span<const std::complex<T>> overlaps,
                               std::span<const double> weights) const {
    std::vector<double> parts(overlaps.size());
    const double least = selection_.cut() > 0 ? shape_.potential(selection_.cut()) : 0;
    for (std::size_t p = 0; p < overlaps.size(); ++p) {
      const double size = modulus(overlaps[p]);
      parts[p] = size < selection_.cut()
                     ? -1
                     : (weights.empty() ? 1 : weights[p]) * (shape_.potential(size) - least);
    }
    selection_.select(parts);
    return parts;
  }

  Shape shape_;
  OverlapSelection selection_;
};

}  // namespace striate
