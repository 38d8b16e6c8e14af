// Problem    1/2 sum omega (s - D x)^2 in place of 1/2 |s - D x|^2 for an AdmmIteration, and boundary
//            linear: images on a grid where atoms wrap around, with omega = 0 beyond the image
// Update     v = s - D x is one more constraint, with a penalty rho of its own. The iteration, with all
//            of its problem divided by rho, draws D x to s - (1 - omega / rho) v; then, relaxed by
//            alpha, v <- v + alpha rho / (omega + rho) (s - D x - v)
// Symbols    the scaled dual of that constraint is omega v / rho after every step, so it is not kept.
//            omega = 1 = rho: D x is drawn to s, whatever v
// Cost       memory: four images
// Source     heide2015; wohlberg2016 (mask decoupling)
#pragma once

#include "striate/convolutional/certificate.h"

namespace striate::detail {

template <class T>
class DataSplit {
 public:
  // Of a problem with data weights or boundary linear; else D x is drawn to the image and rho is 1.
  explicit DataSplit(const ConvolutionalProblem<T>& problem);

  bool weighted() const { return omega_.size() > 0; }
  double mean_weight() const { return mean_; }  // over the image; 1 if all are 0
  double rho() const { return rho_; }
  // The maps of the grid, and a code in them.
  const MapShape& grid() const { return grid_; }
  ConvolutionalCodes<T> on_grid(const ConvolutionalCodes<T>& codes) const;

  // v = s - D y of a code. Returns omega v, on the grid.
  Image<T> begin(const ConvolutionalCodes<T>& y, const Run& run);
  // What D x is drawn to: the image, with weights less a part of v.
  Image<T> target() const;
  // The step of v; `left`: the target less D x. Returns s - D x, on the image.
  Image<T> step(const Image<T>& left, double relaxation);
  double squares() const { return squares_; }  // sum omega (s - D x)^2 of the last step

 private:
  Image<T> on_grid(ImageView<const T> image) const;

  const ConvolutionalProblem<T>& p_;
  MapShape grid_;
  std::int64_t top_ = 0, left_ = 0;  // where the image begins
  double mean_ = 1, rho_ = 1, squares_ = 0;
  Image<T> s_, omega_, v_;
};

}  // namespace striate::detail
