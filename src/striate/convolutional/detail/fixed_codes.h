// Coded images as a function of the filters: s_i ~ sum_k x_ki * d_k with codes x held fixed. It is
// linear, s_i ~ X_i d, and what learning needs of it costs taps x nonzeros, in space.
//
//   fidelity       1/2 sum_i sum omega_i r_i^2,  r_i = s_i - X_i d
//   correlate      X_ki'(omega_i r_i), which is minus the gradient of the fidelity of image i in d_k
//   change         r_i -= X_ki delta, as d_k becomes d_k + delta
//   autocorrelation   c[e] = sum_i sum_p x_ki[p] x_ki[p + e]: |X_k d|^2 = sum_mn c[m - n] d[m] d[n]
//                     where atoms may lie on the whole canvas of an image, and less where they are cut
#pragma once

#include <span>
#include <vector>

#include "striate/convolutional/filter_bank.h"
#include "striate/core/observer.h"

namespace striate::detail {

// An image with its codes; they must outlive what is made of them.
template <class T>
struct CodedImage {
  ImageView<const T> image;
  ImageView<const T> data_weights;  // none: all 1. Where one is 0 the image counts for nothing
  const ConvolutionalCodes<T>* codes = nullptr;
};

template <class T>
class FixedCodes {
 public:
  FixedCodes(std::span<const CodedImage<T>> images, const FilterBank<T>& bank, const Run& run);

  std::int64_t images() const { return std::ssize(parts_); }
  std::int64_t uses(std::int64_t filter) const;  // nonzeros
  double energy(std::int64_t filter) const;      // |x_k|^2
  ImageView<const T> residual(std::int64_t image) const {
    return parts_[static_cast<std::size_t>(image)].residual;
  }
  double fidelity() const;
  double most_weight() const { return most_weight_; }  // the largest omega, 1 without weights

  // out += X_ki'(omega r_i); `out` as the taps of a filter.
  void correlate(std::int64_t image, std::int64_t filter, std::span<T> out) const;
  void change(std::int64_t image, std::int64_t filter, std::span<const T> delta);
  // (2 rows - 1) x (2 columns - 1) lags, the middle one is 0.
  std::vector<double> autocorrelation(std::int64_t filter) const;

 private:
  struct Entry {
    std::int32_t row, column;
    T value;
  };
  struct Part {
    ImageView<const T> omega;
    MapShape shape;
    std::vector<std::int64_t> starts;  // of filter k: entries [starts[k], starts[k + 1]), by row
    std::vector<Entry> entries;
    Image<T> residual;

    std::span<const Entry> of(std::int64_t filter) const {
      const auto k = static_cast<std::size_t>(filter);
      return std::span(entries).subspan(static_cast<std::size_t>(starts[k]),
                                        static_cast<std::size_t>(starts[k + 1] - starts[k]));
    }
  };
  // f(tap, pixel, count): runs of taps and pixels of an image that lie on one another.
  template <class F>
  static void for_each_run(const MapShape& shape, std::int64_t channels, const Entry& e,
                           const F& f);
  void add_autocorrelation(const Part& part, std::int64_t filter, std::span<double> lags) const;

  std::int64_t rows_, columns_, channels_;
  double most_weight_ = 1;
  std::vector<Part> parts_;
};

}  // namespace striate::detail
