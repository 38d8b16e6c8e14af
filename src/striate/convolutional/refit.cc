#include "striate/convolutional/refit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "striate/convolutional/convolution.h"
#include "striate/core/parallel.h"

namespace striate {
namespace {

// Of the squared gradient at the start: smaller ones are rounding.
constexpr double nothing_left = 1e-20;

// The correlations of an image with the atoms of a code's entries, in their order.
template <class T>
std::vector<double> correlations(const FilterBank<T>& bank, const Image<double>& image,
                                 const ConvolutionalCodes<T>& codes, const Run& run) {
  const MapShape& s = codes.shape();
  const Image<double> canvas = spread<double>(image, s);
  const std::int64_t width = s.filter_columns * bank.channels();
  std::vector<double> sums(codes.values().size());
  RunState state(run);
  parallel_for(
      s.rows(),
      [&](std::int64_t r, int) {
        const auto row = static_cast<std::size_t>(r);
        for (auto i = std::size_t(codes.starts()[row]); i < std::size_t(codes.starts()[row + 1]);
             ++i) {
          const T* taps = bank.filter(codes.filters()[i]).data();
          for (std::int64_t a = 0; a < s.filter_rows; ++a) {
            const double* from = &canvas(r + a, codes.columns()[i]);
            for (std::int64_t b = 0; b < width; ++b)
              sums[i] += from[b] * static_cast<double>(taps[a * width + b]);
          }
        }
      },
      state);
  return sums;
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

template <class T>
void check(const FilterBank<T>& bank, ImageView<const T> image, const ConvolutionalCodes<T>& codes,
           int iterations, ImageView<const T> weights) {
  if (bank.maps(codes.shape().image_rows, codes.shape().image_columns, codes.shape().boundary) !=
      codes.shape())
    throw Error("refit: codes are of ", codes.shape().filters, " filters of ",
                codes.shape().filter_rows, " x ", codes.shape().filter_columns,
                " taps; the bank has ", bank.filters(), " of ", bank.rows(), " x ", bank.columns());
  if (image.rows != codes.shape().image_rows || image.columns != codes.shape().image_columns ||
      image.channels != bank.channels())
    throw Error("refit: image is ", image.rows, " x ", image.columns, " x ", image.channels,
                "; the codes are of one of ", codes.shape().image_rows, " x ",
                codes.shape().image_columns, " x ", bank.channels());
  if (weights.size() > 0 && (weights.rows != image.rows || weights.columns != image.columns ||
                             weights.channels != image.channels))
    throw Error("refit: data_weights are ", weights.rows, " x ", weights.columns, " x ",
                weights.channels, "; they must be as the image, ", image.rows, " x ", image.columns,
                " x ", image.channels);
  if (iterations < 0) throw Error("refit: iterations is ", iterations, "; it must be at least 0");
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const T w = weights.size() > 0 ? weights.data[i] : T(1);
    if (!(w >= 0) || !std::isfinite(w))
      throw Error("refit: data_weights hold ", w, "; each must be finite and at least 0");
    if (w > 0 && !std::isfinite(image.data[i]))
      throw Error("refit: image holds NaN or infinity; all that count must be finite");
  }
}

}  // namespace

template <class T>
ConvolutionalCodes<T> strongest(const ConvolutionalCodes<T>& codes, std::int64_t count) {
  if (count < 0) throw Error("strongest: count is ", count, "; it must be at least 0");
  if (codes.nonzeros() <= count) return codes;
  std::vector<std::int64_t> order(codes.values().size());
  std::iota(order.begin(), order.end(), 0);
  const auto size = [&](std::int64_t i) { return std::abs(codes.values()[std::size_t(i)]); };
  std::nth_element(order.begin(), order.begin() + count, order.end(),
                   [&](std::int64_t a, std::int64_t b) {
                     return size(a) != size(b) ? size(a) > size(b) : a < b;
                   });
  std::vector<bool> stays(order.size());
  for (std::int64_t j = 0; j < count; ++j) stays[std::size_t(order[std::size_t(j)])] = true;
  ConvolutionalCodes<T> kept(codes.shape());
  for (std::int64_t r = 0; r < codes.shape().rows(); ++r)
    for (auto i = std::size_t(codes.starts()[std::size_t(r)]);
         i < std::size_t(codes.starts()[std::size_t(r) + 1]); ++i)
      if (stays[i]) kept.append(r, codes.columns()[i], codes.filters()[i], codes.values()[i]);
  return kept;
}

template <class T>
ConvolutionalCodes<T> refit(const FilterBank<T>& bank, ImageView<const T> image,
                            const ConvolutionalCodes<T>& codes, int iterations,
                            ImageView<const T> data_weights, const Run& run) {
  check(bank, image, codes, iterations, data_weights);
  const auto weigh = [&](Image<double>& residual) {
    for (std::int64_t i = 0; i < residual.size(); ++i)
      if (data_weights.size() > 0) residual.data()[i] *= double(data_weights.data[i]);
  };
  ConvolutionalCodes<T> moved = codes;  // holds what is synthesised
  std::vector<double> x(codes.values().begin(), codes.values().end());
  Image<double> residual = synthesize<double>(bank, codes, run);
  for (std::int64_t i = 0; i < residual.size(); ++i) {
    const bool counts = data_weights.size() == 0 || data_weights.data[i] > 0;
    residual.data()[i] = counts ? double(image.data[i]) - residual.data()[i] : 0;
  }
  weigh(residual);
  std::vector<double> gradient = correlations(bank, residual, codes, run), step = gradient;
  double size = dot(gradient, gradient);
  const double least = nothing_left * size;
  RunState state(run);
  for (int t = 0; t < iterations && size > least && !state.stopping(); ++t) {
    std::ranges::transform(step, moved.values().begin(), [](double v) { return T(v); });
    Image<double> change = synthesize<double>(bank, moved, run);
    weigh(change);
    const std::vector<double> curved = correlations(bank, change, codes, run);
    const double curvature = dot(step, curved);
    if (state.stopping() || !(curvature > 0)) break;
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] += size / curvature * step[i];
      gradient[i] -= size / curvature * curved[i];
    }
    const double next = dot(gradient, gradient);
    for (std::size_t i = 0; i < x.size(); ++i) step[i] = gradient[i] + next / size * step[i];
    size = next;
  }
  std::ranges::transform(x, moved.values().begin(), [](double v) { return T(v); });
  return moved;
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template ConvolutionalCodes<T> strongest(const ConvolutionalCodes<T>&, std::int64_t);       \
  template ConvolutionalCodes<T> refit(const FilterBank<T>&, ImageView<const T>,              \
                                       const ConvolutionalCodes<T>&, int, ImageView<const T>, \
                                       const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)
#undef STRIATE_INSTANTIATE

}  // namespace striate
