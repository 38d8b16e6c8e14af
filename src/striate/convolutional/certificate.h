// Problem    how far a code x is from the optimum of P(x) = 1/2 |s - D x|^2 + lambda sum w |x|, or of
//            1/2 sum omega (s - D x)^2 in place of 1/2 |s - D x|^2, plus gamma / 2 sum_k |grad x_k|^2
// Update     any image theta with |D'theta| <= lambda w at every position of every filter bounds the
//            optimum from below by s'theta - 1/2 |theta|^2. From any image r such a theta is c r with
//            c = clamp(s'r / |r|^2, -c_max, c_max), c_max = min lambda w / |D'r|; the gap is P(x)
//            less the best such bound. With data weights: theta = c omega r, and
//            |theta|^2 is sum theta^2 / omega. With gamma the image is longer by the maps' gradients,
//            which ought to be 0: maps x add gamma |grad x|^2 to |r|^2 and -gamma grad'grad x to D'r
// Symbols    non-negative codes: only D'theta <= lambda w binds, and c >= 0. Where w = 0 nothing but
//            D'theta = 0 is feasible: c is 0 unless that holds
// Cost       one D'r per image r, and D x
// Source     fercoq2015 (scaled dual points)
#pragma once

#include <memory>
#include <span>

#include "striate/convolutional/convolutional_info.h"
#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate {

template <class T>
struct ConvolutionalProblem {
  const FilterBank<T>& bank;
  ImageView<const T> image;
  MapShape shape;
  double lambda = 0;
  std::span<const double> weights = {};  // one per filter; none: all 1
  bool positive = false;
  ImageView<const T> data_weights = {};  // omega, one per value of the image; none: all 1
  // Factors of the weights, one per position: maps in C order as columns; none: all 1.
  MatrixView<const T> position_weights = {};
  double gradient_weight = 0;  // gamma; boundary circular only
  // Holds the image where it had to be changed: it is 0 where omega is.
  std::shared_ptr<const Image<T>> seen = {};

  double weight(std::int64_t k) const {
    return weights.empty() ? 1 : weights[static_cast<std::size_t>(k)];
  }
  // Of one position of its map.
  double weight(std::int64_t k, std::int64_t row, std::int64_t column) const {
    return position_weights.data
               ? weight(k) *
                     static_cast<double>(position_weights(row * shape.columns() + column, k))
               : weight(k);
  }
  // By filter, at one position; without weights by position it is the same everywhere.
  void weights_at(std::int64_t row, std::int64_t column, std::span<T> to) const {
    for (std::size_t k = 0; k < to.size(); ++k)
      to[k] = static_cast<T>(weight(static_cast<std::int64_t>(k), row, column));
  }
};

// The bound of the optimum that multiples of r give: `product` is s'r, `squares` |r|^2, `largest`
// the largest |D'r| / w, or D'r / w if positive. With data weights: s'omega r, sum omega r^2, and
// D'omega r. `maps`: x of the gradient, filters x positions in C order; none: 0.
double dual_bound(double lambda, bool positive, double product, double squares, double largest);
template <class T>
double dual_bound(const ConvolutionalProblem<T>& problem, ImageView<const T> r, const Run& run,
                  MatrixView<const T> maps = {});

// max |D's| / w, or max |D'omega s| / w: from this lambda on the code is zero.
template <class T>
double lambda_max(const ConvolutionalProblem<T>& problem, const Run& run);

// P(x), from the image, in double precision.
template <class T>
double objective(const ConvolutionalProblem<T>& problem, const ConvolutionalCodes<T>& codes,
                 const Run& run);

// Objective, gap and violation of a code, by the better of `bound` (minus infinity: none is known)
// and what its own residual gives.
template <class T>
void certify(const ConvolutionalProblem<T>& problem, const ConvolutionalCodes<T>& codes,
             double bound, const Run& run, ConvolutionalInfo& info);

}  // namespace striate
