// Problem    P(z) = 1/2 |y - D z|^2 + lambda * Omega(z) + l2/2 |z|^2    (z >= 0 if positive)
//            Omega(z) = a |z|_1 + (1 - a) sum_g w_g |z_g|_2, a = l1_share
//            group g is atoms g*s .. g*s + s - 1, s = group_size; s = 1 is the lasso
// Method     from the definitions, in plain double loops; slow, and independent of every solver
// Symbols    y signal, D dictionary, z code, w weights, c = D'(y - D z)
//
//   const Judge judge(p.dictionary.view(), {.lambda = 0.1});
//   EXPECT_LT(judge.relative_gap(p.signals.column(j), codes[j]), 1e-4);
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "striate/codes/sparse_codes.h"
#include "striate/core/matrix.h"

namespace striate {

struct JudgedPenalty {
  double lambda = 0;
  std::int64_t group_size = 1;
  bool positive = false;
  std::vector<double> weights = {};  // per group; empty: all 1
  double l2 = 0;
  double l1_share = 0;
};

class Judge {
 public:
  // Copies the dictionary. Error: a group size that does not divide K, weights of another number.
  Judge(MatrixView<const double> dictionary, JudgedPenalty penalty);
  Judge(MatrixView<const float> dictionary, JudgedPenalty penalty);

  // P(z); infinite if z must not be negative and is.
  double objective(std::span<const double> y, std::span<const double> z) const;
  // D'(D z - y) + l2 z, the gradient of all but the penalty's norms.
  std::vector<double> gradient(std::span<const double> y, std::span<const double> z) const;
  // Euclidean distance from 0 to the subdifferential of P at z: 0 exactly at a minimiser.
  // Infinite outside the constraint.
  double distance_to_subdifferential(std::span<const double> y, std::span<const double> z) const;
  // (P(z) - dual(theta)) / P(z), 0 if the difference is not above 0; theta is the residual, made
  // orthogonal to atoms of weight 0 and scaled as well as the constraints allow. An upper bound of
  // (P(z) - P*) / P(z). With l2 > 0 and all weights above 0 the residual itself is another such
  // point, and the better one counts.
  double relative_gap(std::span<const double> y, std::span<const double> z) const;
  // The smallest lambda whose code is zero (atoms of weight 0 left out).
  double lambda_max(std::span<const double> y) const;

  // The same for signals and codes as solvers give them.
  template <class T>
  double objective(std::span<T> y, const CodeView<std::remove_const_t<T>>& z) const {
    return objective(doubles(y), dense(z));
  }
  template <class T>
  double distance_to_subdifferential(std::span<T> y,
                                     const CodeView<std::remove_const_t<T>>& z) const {
    return distance_to_subdifferential(doubles(y), dense(z));
  }
  template <class T>
  double relative_gap(std::span<T> y, const CodeView<std::remove_const_t<T>>& z) const {
    return relative_gap(doubles(y), dense(z));
  }
  template <class T>
  double lambda_max(std::span<T> y) const {
    return lambda_max(std::span<const double>(doubles(y)));
  }

  template <class T>
  static std::vector<double> doubles(std::span<T> values) {
    return {values.begin(), values.end()};
  }
  template <class T>
  std::vector<double> dense(const CodeView<T>& code) const {
    std::vector<double> z(static_cast<std::size_t>(dictionary_.columns()));
    for (std::size_t i = 0; i < code.nonzeros(); ++i)
      z[static_cast<std::size_t>(code.indices[i])] = static_cast<double>(code.values[i]);
    return z;
  }

 private:
  Judge(Matrix<double> dictionary, JudgedPenalty penalty);
  std::vector<double> residual(std::span<const double> y, std::span<const double> z) const;
  double weight(std::int64_t group) const;
  bool penalized(std::int64_t group) const { return penalty_.l1_share > 0 || weight(group) > 0; }
  // |S(c_g, k a)|, of max(c_g, 0) if positive, and its excess over k (1 - a) w_g.
  double pull(std::span<const double> c_g, double k) const;
  double excess(std::int64_t group, std::span<const double> c_g, double k) const;
  double penalty(std::span<const double> z) const;
  double unscaled_dual(std::span<const double> y, std::span<const double> z) const;
  // Largest scale s >= 0 with s * c inside the dual constraints.
  double largest_scale(std::span<const double> c) const;

  // With l2 > 0 the longer atoms [D; sqrt(l2) I], for signals [y; 0]: the same problem without l2.
  Matrix<double> dictionary_;
  JudgedPenalty penalty_;
};

}  // namespace striate
