// What solvers ask of a penalty Omega(z) = sum_g w_g Omega_g(z_g) over groups of neighbouring
// coefficients. Everything here runs once per group in inner loops, so it is static: solvers are
// templates over the penalty.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "striate/core/errors.h"

namespace striate {

// static_size     coefficients per group where known at compile time, else 0
// positive        z >= 0 is part of the penalty
// convex          so that a dual norm bounds how far a code is from the best one
// size()          coefficients per group
// weight(g)       w_g; 0: not penalised
// value(g, z)     w_g Omega_g(z)
// prox(g, t, x)   x <- argmin_u 1/2 |u - x|^2 + t w_g Omega_g(u); false if that is 0
// squared_dual(g, c)        the square of the smallest k for which c is in k w_g times the
//                           subdifferential of Omega_g at 0; 0 where w_g = 0
// violation(g, k, z, c)     distance of c from k w_g times the subdifferential of Omega_g at z
template <class P>
concept Penalty = requires(const P& p, std::int64_t g, typename P::Scalar t, typename P::Scalar* x,
                           const typename P::Scalar* c, double k) {
  { P::static_size } -> std::convertible_to<int>;
  { P::positive } -> std::convertible_to<bool>;
  { P::convex } -> std::convertible_to<bool>;
  { p.size() } -> std::same_as<int>;
  { p.weight(g) } -> std::same_as<typename P::Scalar>;
  { p.value(g, c) } -> std::same_as<double>;
  { p.prox(g, t, x) } -> std::same_as<bool>;
  { p.squared_dual(g, c) } -> std::same_as<typename P::Scalar>;
  { p.violation(g, k, c, c) } -> std::same_as<double>;
};

namespace detail {

// The weights of groups: nothing is stored where all are 1.
template <class T, bool weighted>
class GroupWeights {
 public:
  explicit GroupWeights(std::span<const double> weights) {
    if (weighted == weights.empty())
      throw Error("penalty: ", weights.size(),
                  " weights; a weighted penalty needs one per group, "
                  "another none");
    for (double w : weights) {
      weights_.push_back(static_cast<T>(w));
      const auto kept = static_cast<double>(weights_.back());
      inverse_squares_.push_back(kept > 0 ? static_cast<T>(1 / (kept * kept)) : T(0));
    }
  }
  T operator[](std::int64_t g) const {
    if constexpr (weighted) return weights_[static_cast<std::size_t>(g)];
    else return T(1);
  }
  T over_square(T x, std::int64_t g) const {  // x / w_g^2, 0 where w_g = 0
    if constexpr (weighted) return x * inverse_squares_[static_cast<std::size_t>(g)];
    else return x;
  }

 private:
  std::vector<T> weights_, inverse_squares_;
};

}  // namespace detail
}  // namespace striate
