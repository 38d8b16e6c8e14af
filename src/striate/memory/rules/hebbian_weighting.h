// g(a) = a, Phi(a) = ||a||^2 / 2: the weighting of J = Z Z^H.
#pragma once

#include <memory>

#include "striate/memory/rule.h"

namespace striate {

template <class T>
class HebbianWeighting : public Weighting<T> {
 public:
  void weigh(std::span<std::complex<T>>) const override {}
  Reach reach() const override { return {.sparse = true}; }
  double potential(std::span<const std::complex<T>> overlaps) const override {
    double sum = 0;
    for (const std::complex<T>& a : overlaps) sum += std::norm(std::complex<double>(a));
    return sum / 2;
  }
};

}  // namespace striate
