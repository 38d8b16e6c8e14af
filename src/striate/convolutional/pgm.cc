#include "striate/convolutional/pgm.h"

#include <algorithm>
#include <cmath>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/map_gradient.h"
#include "striate/convolutional/detail/spectra.h"

namespace striate {
namespace {

// Dense maps, filters x positions, before and after a step.
template <class T>
class Pgm {
 public:
  Pgm(const ConvolutionalProblem<T>& problem, const ConvolutionalCodes<T>& initial, const Run& run)
      : p_(problem), run_(run), codes_(initial), x_(detail::maps_by_position(initial)), y_(x_) {
    next_ = Matrix<T>(x_.rows(), x_.columns());
    const MapShape& s = p_.shape;
    const detail::Spectra<T> spectra(p_.bank, std::max(s.rows(), s.image_rows),
                                     std::max(s.columns(), s.image_columns), run_);
    double omega = 1;
    if (p_.data_weights.data)
      omega = static_cast<double>(
          *std::max_element(p_.data_weights.data, p_.data_weights.data + p_.data_weights.size()));
    lipschitz_ = omega * spectra.squared_norm() + 8 * p_.gradient_weight;
    model_x_ = model_y_ = synthesize<double>(p_.bank, codes_, run_);
  }
  double lipschitz() const { return lipschitz_; }

  // What the residual at y bounds the optimum by, and that residual.
  double bound() const { return bound_; }
  const Image<T>& residual() const { return residual_; }
  // x after the step: its code and objective.
  const ConvolutionalCodes<T>& codes() const { return codes_; }
  double data_fidelity() const { return fidelity_; }
  double l1() const { return l1_; }
  double objective() const {
    return fidelity_ + p_.lambda * l1_ + 0.5 * p_.gradient_weight * squares_x_;
  }

  void step() {
    const double uphill = descend();
    t_ = uphill > 0 ? 1 : t_;
    const double t = (1 + std::sqrt(1 + 4 * t_ * t_)) / 2, momentum = (t_ - 1) / t;
    t_ = t;
    const Image<double> model = synthesize<double>(p_.bank, codes_, run_);
    fidelity_ = 0;
    for (std::int64_t i = 0; i < model.size(); ++i) {
      const double r = static_cast<double>(p_.image.data[i]) - model.data()[i];
      fidelity_ += 0.5 * omega(i) * r * r;
      model_y_.data()[i] = model.data()[i] + momentum * (model.data()[i] - model_x_.data()[i]);
    }
    model_x_ = model;
    for (std::int64_t p = 0; p < x_.columns(); ++p)
      for (std::int64_t k = 0; k < x_.rows(); ++k)
        y_(k, p) = next_(k, p) + static_cast<T>(momentum) * (next_(k, p) - x_(k, p));
    std::swap(x_, next_);
    if (p_.gradient_weight > 0) squares_x_ = detail::gradient_squares<T>(p_.shape, x_);
  }

 private:
  double omega(std::int64_t i) const {
    return p_.data_weights.data ? static_cast<double>(p_.data_weights.data[i]) : 1;
  }

  // next = S(y + .../L), with its code and the bound at y. Returns (y - next)'(next - x).
  double descend() {
    struct Row {
      std::vector<std::uint16_t> columns, filters;
      std::vector<T> values;
      double uphill = 0, largest = 0, l1 = 0;
    };
    const MapShape& s = p_.shape;
    residual_ = Image<T>(p_.image.rows, p_.image.columns, p_.image.channels);
    Image<T> theta = residual_;
    double product = 0, squares = 0;
    for (std::int64_t i = 0; i < theta.size(); ++i) {
      const double s_i = static_cast<double>(p_.image.data[i]), r = s_i - model_y_.data()[i];
      residual_.data()[i] = static_cast<T>(r);
      theta.data()[i] = static_cast<T>(omega(i) * r);
      product += omega(i) * s_i * r;
      squares += omega(i) * r * r;
    }
    std::vector<Row> rows(static_cast<std::size_t>(s.rows()));
    correlate<T>(p_.bank, theta, s, run_, [&](std::int64_t r, MatrixView<T> c, int) {
      Row& row = rows[static_cast<std::size_t>(r)];
      if (p_.gradient_weight > 0) detail::subtract_gradient<T>(p_.gradient_weight, s, y_, r, c);
      for (std::int64_t column = 0; column < s.columns(); ++column)
        for (std::int64_t k = 0; k < s.filters; ++k) {
          const double w = p_.weight(k, r, column), slope = static_cast<double>(c(k, column));
          row.largest = std::max(row.largest, (p_.positive ? slope : std::abs(slope)) / w);
          const std::int64_t p = r * s.columns() + column;
          const T v = y_(k, p) + static_cast<T>(slope / lipschitz_),
                  cut = static_cast<T>(p_.lambda * w / lipschitz_);
          const T x = v > cut ? v - cut : v < -cut && !p_.positive ? v + cut : T(0);
          next_(k, p) = x;
          row.uphill += static_cast<double>(y_(k, p) - x) * static_cast<double>(x - x_(k, p));
          if (x == T(0)) continue;
          row.l1 += w * std::abs(static_cast<double>(x));
          row.columns.push_back(static_cast<std::uint16_t>(column));
          row.filters.push_back(static_cast<std::uint16_t>(k));
          row.values.push_back(x);
        }
    });
    Row all;
    std::vector<std::int64_t> starts{0};
    for (const Row& row : rows) {
      all.columns.insert(all.columns.end(), row.columns.begin(), row.columns.end());
      all.filters.insert(all.filters.end(), row.filters.begin(), row.filters.end());
      all.values.insert(all.values.end(), row.values.begin(), row.values.end());
      all.uphill += row.uphill;
      all.largest = std::max(all.largest, row.largest);
      all.l1 += row.l1;
      starts.push_back(std::ssize(all.values));
    }
    if (p_.gradient_weight > 0) squares += p_.gradient_weight * detail::gradient_squares<T>(s, y_);
    bound_ = dual_bound(p_.lambda, p_.positive, product, squares, all.largest);
    l1_ = all.l1;
    codes_ = {s, std::move(starts), std::move(all.columns), std::move(all.filters),
              std::move(all.values)};
    return all.uphill;
  }

  const ConvolutionalProblem<T>& p_;
  const Run& run_;
  ConvolutionalCodes<T> codes_;
  Matrix<T> x_, y_, next_;
  Image<double> model_x_, model_y_;  // D x, D y
  Image<T> residual_;
  double lipschitz_ = 0, t_ = 1, bound_ = 0, fidelity_ = 0, l1_ = 0, squares_x_ = 0;
};

}  // namespace

template <class T>
ConvolutionalResult<T> pgm(const FilterBank<T>& bank, ImageView<const T> image,
                           const PgmSettings& settings, const ConvolutionalInputs<T>& inputs,
                           const Run& run) {
  const Stopwatch watch;
  const PeakBytes peak;
  const Run whole{.threads = run.threads};  // a part of an iteration is none
  const auto problem = detail::make_problem("pgm", bank, image, settings, inputs, whole);
  ConvolutionalResult<T> result{
      inputs.initial ? *inputs.initial : ConvolutionalCodes<T>(problem.shape),
      {},
      Image<T>(inputs.dual.data ? inputs.dual : problem.image)};
  ConvolutionalInfo& info = result.info;
  info.method = "pgm";
  double least = objective(problem, result.codes, whole);
  double bound = dual_bound<T>(problem, result.dual, whole);
  const auto near_enough = [&] { return least - bound <= settings.tolerance * least; };

  Pgm<T> maps(problem, result.codes, whole);
  RunState state(run, "coding", settings.max_iterations);
  while (!near_enough() && info.iterations < settings.max_iterations && maps.lipschitz() > 0) {
    maps.step();
    ++info.iterations;
    if (maps.bound() > bound) {
      bound = maps.bound();
      result.dual = maps.residual();
    }
    if (maps.objective() < least) {
      least = maps.objective();
      result.codes = maps.codes();
    }
    info.trace.push_back({.seconds = watch.seconds(),
                          .objective = maps.objective(),
                          .data_fidelity = maps.data_fidelity(),
                          .l1 = maps.l1(),
                          .gap = (least - bound) / least});
    state.advance(1);
    state.report();
    if (state.stopping()) break;
  }
  detail::finish(problem, bound, settings.tolerance, state, watch, peak, whole, result);
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                           \
  template ConvolutionalResult<T> pgm(const FilterBank<T>&, ImageView<const T>,          \
                                      const PgmSettings&, const ConvolutionalInputs<T>&, \
                                      const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
