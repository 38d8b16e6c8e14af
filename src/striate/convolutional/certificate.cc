#include "striate/convolutional/certificate.h"

#include <algorithm>
#include <cmath>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/map_gradient.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

// omega r, in Sum.
template <class Sum, class T>
Image<Sum> weighted(const ConvolutionalProblem<T>& p, ImageView<const Sum> r) {
  Image<Sum> result(r);
  if (p.data_weights.data)
    for (std::int64_t i = 0; i < r.size(); ++i)
      result.data()[i] *= static_cast<Sum>(p.data_weights.data[i]);
  return result;
}

// sum w |x|
template <class T>
double l1(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes) {
  double sum = 0;
  if (!p.position_weights.data) {
    const std::vector<double> sums = codes.sums();
    for (std::size_t k = 0; k < sums.size(); ++k)
      sum += p.weight(static_cast<std::int64_t>(k)) * sums[k];
    return sum;
  }
  for (std::int64_t row = 0; row < p.shape.rows(); ++row)
    for (auto i = std::size_t(codes.starts()[std::size_t(row)]);
         i < std::size_t(codes.starts()[std::size_t(row) + 1]); ++i)
      sum += p.weight(codes.filters()[i], row, codes.columns()[i]) *
             std::abs(static_cast<double>(codes.values()[i]));
  return sum;
}

// s - D x, and P(x).
template <class T>
std::pair<Image<double>, double> residual(const ConvolutionalProblem<T>& p,
                                          const ConvolutionalCodes<T>& codes, const Run& run) {
  Image<double> r = synthesize<double>(p.bank, codes, run);
  double value = 0;
  for (std::int64_t i = 0; i < r.size(); ++i) {
    r.data()[i] = static_cast<double>(p.image.data[i]) - r.data()[i];
    const double omega = p.data_weights.data ? static_cast<double>(p.data_weights.data[i]) : 1;
    value += 0.5 * omega * r.data()[i] * r.data()[i];
  }
  value += p.lambda * l1(p, codes);
  if (p.gradient_weight > 0)
    value += 0.5 * p.gradient_weight *
             detail::gradient_squares<T>(p.shape, detail::maps_by_position(codes));
  return {std::move(r), value};
}

// The maps whose gradients count, as filters x positions.
template <class T>
Matrix<T> gradient_maps(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes) {
  return p.gradient_weight > 0 ? detail::maps_by_position(codes) : Matrix<T>();
}

// max |c| / w and max (|c| - lambda w) of correlations c; positive: c in place of |c|.
struct Extremes {
  double ratio = 0, excess = 0;
};

// Of the correlations (filters x positions) of a row of positions.
template <class T>
Extremes extremes(const ConvolutionalProblem<T>& p, std::int64_t row, MatrixView<const T> c) {
  Extremes result;
  const auto count = [&](double size, double weight) {
    result.ratio = std::max(result.ratio, size / weight);
    result.excess = std::max(result.excess, size - p.lambda * weight);
  };
  const auto size = [&](T x) { return p.positive ? x : std::abs(x); };
  if (p.position_weights.data) {
    for (std::int64_t position = 0; position < c.columns; ++position)
      for (std::int64_t k = 0; k < c.rows; ++k)
        count(static_cast<double>(size(c(k, position))), p.weight(k, row, position));
    return result;
  }
  std::vector<T> most(static_cast<std::size_t>(c.rows));  // by filter
  const auto raise = [&](auto&& size_of) {
    for (std::int64_t position = 0; position < c.columns; ++position) {
      const T* here = c.column(position).data();
      for (std::size_t k = 0; k < most.size(); ++k)
        most[k] = size_of(here[k]) > most[k] ? size_of(here[k]) : most[k];
    }
  };
  if (p.positive) raise([](T x) { return x; });
  else raise([](T x) { return std::abs(x); });
  for (std::size_t k = 0; k < most.size(); ++k)
    count(static_cast<double>(most[k]), p.weight(static_cast<std::int64_t>(k)));
  return result;
}

// max |D'r - gamma grad'grad x| / w over all positions; positive: without the magnitude.
template <class T>
double largest(const ConvolutionalProblem<T>& p, ImageView<const T> r, MatrixView<const T> maps,
               const Run& run) {
  std::vector<double> by_row(static_cast<std::size_t>(p.shape.rows()), 0);
  correlate<T>(p.bank, r, p.shape, run, [&](std::int64_t row, MatrixView<T> c, int) {
    if (!maps.empty()) detail::subtract_gradient(p.gradient_weight, p.shape, maps, row, c);
    by_row[static_cast<std::size_t>(row)] = extremes<T>(p, row, c).ratio;
  });
  return *std::ranges::max_element(by_row);
}

// c of c r, the best multiple that is feasible.
double dual_factor(double lambda, bool positive, double product, double squares, double most) {
  if (squares == 0) return 0;
  const double bound = most > 0 ? lambda / most : std::numeric_limits<double>::infinity();
  return std::clamp(product / squares, positive ? 0 : -bound, bound);
}

}  // namespace

double dual_bound(double lambda, bool positive, double product, double squares, double most) {
  const double c = dual_factor(lambda, positive, product, squares, most);
  return c * product - 0.5 * c * c * squares;
}

template <class T>
double dual_bound(const ConvolutionalProblem<T>& p, ImageView<const T> r, const Run& run,
                  MatrixView<const T> maps) {
  const std::int64_t n = r.size();
  const Image<T> theta = weighted<T>(p, r);
  double squares = dot<double>(n, r.data, theta.data());
  if (!maps.empty()) squares += p.gradient_weight * detail::gradient_squares(p.shape, maps);
  return dual_bound(p.lambda, p.positive, dot<double>(n, p.image.data, theta.data()), squares,
                    largest<T>(p, theta, maps, run));
}

template <class T>
double lambda_max(const ConvolutionalProblem<T>& p, const Run& run) {
  return largest<T>(p, weighted<T>(p, p.image), {}, run);
}

template <class T>
double objective(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes,
                 const Run& run) {
  return residual(p, codes, run).second;
}

template <class T>
void certify(const ConvolutionalProblem<T>& p, const ConvolutionalCodes<T>& codes, double bound,
             const Run& run, ConvolutionalInfo& info) {
  const auto [exact, value] = residual(p, codes, run);
  Image<T> r(exact.rows(), exact.columns(), exact.channels());
  std::transform(exact.data(), exact.data() + exact.size(), r.data(),
                 [](double x) { return static_cast<T>(x); });
  const Image<T> theta = weighted<T>(p, r);
  const Matrix<T> maps = gradient_maps(p, codes);
  const MapShape& s = p.shape;
  std::vector<double> by_row(static_cast<std::size_t>(s.rows()), 0), violations(by_row);
  correlate<T>(p.bank, theta, s, run, [&](std::int64_t row, MatrixView<T> c, int) {
    if (p.gradient_weight > 0) detail::subtract_gradient<T>(p.gradient_weight, s, maps, row, c);
    // Of an entry |c - lambda w sign x| is never less than |c| - lambda w.
    auto [most, violation] = extremes<T>(p, row, c);
    for (auto i = static_cast<std::size_t>(codes.starts()[static_cast<std::size_t>(row)]);
         i < static_cast<std::size_t>(codes.starts()[static_cast<std::size_t>(row) + 1]); ++i) {
      const std::int64_t position = codes.columns()[i], k = codes.filters()[i];
      const double limit = p.lambda * p.weight(k, row, position);
      violation = std::max(violation, std::abs(static_cast<double>(c(k, position)) -
                                               std::copysign(limit, codes.values()[i])));
    }
    by_row[static_cast<std::size_t>(row)] = most;
    violations[static_cast<std::size_t>(row)] = violation;
  });
  double squares = dot<double>(r.size(), r.data(), theta.data());
  if (p.gradient_weight > 0) squares += p.gradient_weight * detail::gradient_squares<T>(s, maps);
  const double product = dot<double>(r.size(), p.image.data, theta.data());
  const double c =
      dual_factor(p.lambda, p.positive, product, squares, *std::ranges::max_element(by_row));
  // Of the zero code r is the image and both terms are multiples of its value: by no other sum of the
  // same squares, so that where c is 1 they agree to the last bit.
  const double own =
      codes.nonzeros() == 0 ? c * (2 - c) * value : c * product - 0.5 * c * c * squares;
  const double gap = std::max(0.0, value - std::max(bound, own));
  info.objective = value;
  info.relative_gap = gap == 0 ? 0 : gap / value;
  const double violation = *std::ranges::max_element(violations);
  info.violation = violation == 0 ? 0 : violation / p.lambda;  // a zero image has lambda_max 0
  info.nonzeros = codes.nonzeros();
}

#define STRIATE_INSTANTIATE(T)                                                                \
  template double dual_bound(const ConvolutionalProblem<T>&, ImageView<const T>, const Run&,  \
                             MatrixView<const T>);                                            \
  template double lambda_max(const ConvolutionalProblem<T>&, const Run&);                     \
  template double objective(const ConvolutionalProblem<T>&, const ConvolutionalCodes<T>&,     \
                            const Run&);                                                      \
  template void certify(const ConvolutionalProblem<T>&, const ConvolutionalCodes<T>&, double, \
                        const Run&, ConvolutionalInfo&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
