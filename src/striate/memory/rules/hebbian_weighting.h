// g(a) = a, Phi(a) = ||a||^2 / 2: the weighting of J = Z Z^H.
#pragma once

#include "striate/memory/rules/separable_weighting.h"

namespace striate {

struct HebbianShape {
  static constexpr bool identity = true;
  HebbianShape() = default;
  HebbianShape(const MemorySettings&, double) {}
  static double potential(double modulus) { return modulus * modulus / 2; }
  static double factor(double) { return 1; }
};

template <class T>
using HebbianWeighting = SeparableWeighting<T, HebbianShape>;

}  // namespace striate
