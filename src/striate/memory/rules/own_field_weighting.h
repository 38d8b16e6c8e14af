// The weighting of a rule that makes its field F itself. For the graded readout a pattern weighs as
// much as the share of its units that the state has.
#pragma once

#include <utility>

#include "striate/memory/rule.h"

namespace striate {

template <class T, class F>
class OwnFieldWeighting : public Weighting<T> {
 public:
  template <class... Args>
  explicit OwnFieldWeighting(double scale, Args&&... args)
      : scale_(scale), field_(std::forward<Args>(args)...) {}
  void weigh(std::span<std::complex<T>> overlaps, std::span<const double>) const override {
    for (std::complex<T>& a : overlaps) a *= static_cast<T>(scale_);
  }
  double potential(std::span<const std::complex<T>>, std::span<const double>) const override {
    return 0;
  }
  const OwnField<T>* own_field() const override { return &field_; }

 private:
  double scale_;
  F field_;
};

}  // namespace striate
