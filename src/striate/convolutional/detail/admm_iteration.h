// Problem    min 1/2 |sum_k d_k * x_k - s|^2 + lambda sum_k w_k |y_k|_1   subject to x = y
// Update     with the scaled dual u, at every frequency (hats):
//              z = y - u;   r^ = rho (s^ - sum_k d^_k z^_k) / (rho + G);   x^_k = z^_k + conj(d^_k) r^ / rho
//            then in space, relaxed by alpha:
//              a = alpha x + (1 - alpha) y;   y <- S(a + u, lambda w / rho);   u <- u + a - y
// Symbols    G(f) = sum_k |d^_k|^2; with channels r^ solves (rho I + D^ D^^H) r^ = rho (s^ - D^ z^).
//            r is s - D x, and D'r = rho (x - z): the data term and the correlations come for free.
//            Kept is W = a + u alone: y = S(W), u = W - y
//            With gamma / 2 sum_k |grad x_k|^2 delta = rho + gamma Gamma(f), Gamma(f) = 4 - 2 cos - 2 cos
//            of the frequency, stands for rho: r^ = (delta s^ - rho D^ z^) / (delta + G), x^_k =
//            (rho z^_k + conj(d^_k) r^) / delta, and rho (x - z) = D'r - gamma grad'grad x
//            w may differ by position too: it enters the thresholds only
// Cost       two transforms per filter and iteration; memory: W, the spectra of filters and of z
// Source     wohlberg2016, boyd2011
#pragma once

#include <span>
#include <vector>

#include "striate/convolutional/detail/spectra.h"

namespace striate::detail {

// Sums over the maps (and the image) after an iteration.
struct AdmmSums {
  double x = 0, y = 0, u = 0;          // squared norms
  double x_minus_y = 0, y_change = 0;  // squared norms of the differences; y_change to the y before
  double l1_x = 0, l1_y = 0;           // sum w |.|
  double residual = 0;                 // |s - D x|^2
  double gradient = 0;                 // sum_k |grad x_k|^2, if it has a weight
  double product = 0;                  // s'(s - D x)
  double largest = 0;                  // max of |D'(s - D x)| / w; positive: of D'(s - D x) / w
  AdmmSums& operator+=(const AdmmSums& other);
};

template <class T>
class AdmmIteration {
 public:
  // y = u = 0. `weights`: one per filter, or none for ones; `position_weights`: their factors, maps
  // in C order as columns, or none. Filters may lie in the map's positions only; the image is
  // extended by zeros to the grid of the spectra, which must outlive this.
  AdmmIteration(const Spectra<T>& spectra, const MapShape& shape, ImageView<const T> image,
                std::span<const double> weights, MatrixView<const T> position_weights,
                double gradient_weight, bool positive, bool keeps_x, const Run& run);

  // A row of W = y + u to begin with, filters x columns of the grid; on any thread, before the first
  // step.
  void set_row(std::int64_t row, MatrixView<const T> w);
  void set_threshold(double lambda_over_rho) { cut_ = lambda_over_rho; }  // of that W

  // Of the grid's size, in place of the one before.
  void set_image(ImageView<const T> image);

  AdmmSums step(double rho, double relaxation, double lambda, const Run& run);
  // rho becomes m rho: u becomes u / m.
  void rescale(double m) { u_scale_ /= m; }

  ConvolutionalCodes<T> codes(const Run& run) const;  // y
  Image<T> residual() const;                          // s - D x
  Matrix<T> x() const;                                // maps as columns, if they are kept

 private:
  T threshold(std::int64_t k) const {
    return static_cast<T>(cut_ * (weights_.empty() ? 1 : weights_[static_cast<std::size_t>(k)]));
  }
  // Where row r of map k is, in W and in what else has its layout.
  std::int64_t at(std::int64_t k, std::int64_t r) const { return (k * rows_ + r) * stride_; }
  // The factors of a row's weights; null: all 1.
  const T* factors(std::int64_t k, std::int64_t r) const {
    return position_weights_.empty() ? nullptr : position_weights_.data() + at(k, r);
  }
  // gamma Gamma(f) of a value of a spectrum.
  double smoothing(std::int64_t i) const;
  double gradient_of(const T* x_hat) const;  // |grad x|^2
  void transform(std::int64_t chunk, T* z);
  void solve(T rho, std::int64_t block);
  void solve_channels(double rho, std::int64_t block);

  const Spectra<T>& spectra_;
  const MapShape shape_;
  const std::vector<double> weights_;
  const double gradient_weight_;
  const bool positive_;
  std::int64_t rows_, columns_, stride_;  // of the grid, as planes of PlaneFft
  std::int64_t per_chunk_, chunks_;       // filters whose sums are formed one after the other
  AlignedVector<T> w_, x_, position_weights_;
  double cut_ = 0;          // lambda / rho under which W was formed
  double u_scale_ = 1;      // of u, not yet done
  std::vector<T> allowed_;  // 1 for columns where atoms may begin, 0 for the others
  AlignedVector<T> image_, z_, partial_, residual_;  // spectra
  AlignedVector<T> gram_;                            // D^ D^^H: channels x channels spectra
  AlignedVector<T> smooth_, raised_;  // gamma Gamma; delta / rho: if there is a gamma
};

}  // namespace striate::detail
