#include "striate/convolutional/ssnal.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "striate/convolutional/convolution.h"
#include "striate/convolutional/detail/circulant.h"
#include "striate/convolutional/detail/entry_operator.h"
#include "striate/core/parallel.h"
#include "striate/core/peak_bytes.h"
#include "striate/core/timing.h"
#include "striate/linalg/kernels.h"

namespace striate {
namespace {

constexpr int most_steps = 40;         // of Newton's method for one proximal point
constexpr int most_products = 300;     // of conjugate gradients for one step
constexpr double growth = 2;           // of sigma
constexpr double largest_sigma = 1e4;  // beyond it steps are too ill-conditioned

// theta with all that one scan D'theta tells.
template <class T>
struct Point {
  Image<T> theta;
  ConvolutionalCodes<T> x;  // X(theta)
  Image<T> gradient;        // theta - s + D X
  double psi = 0, bound = 0, objective = 0, gradient_norm = 0;
};

template <class T>
class Ssnal {
 public:
  Ssnal(const ConvolutionalProblem<T>& problem, int threads)
      : p_(problem), whole_{.threads = threads}, on_(problem.bank, problem.shape) {
    if (p_.data_weights.data) {
      root_ = Image<T>(p_.data_weights);
      for (std::int64_t i = 0; i < root_.size(); ++i) root_.data()[i] = std::sqrt(root_.data()[i]);
    }
    s_ = weighted(Image<T>(p_.image));
    scale_ = std::sqrt(dot<double>(s_.size(), s_.data(), s_.data()));
    if (p_.image.channels == 1) circulant_.emplace(p_.bank, p_.image.rows, p_.image.columns);
  }
  double image_norm() const { return scale_; }
  // sqrt(omega) r, and back to an r.
  Image<T> weighted(Image<T> r) const {
    for (std::int64_t i = 0; i < root_.size(); ++i) r.data()[i] *= root_.data()[i];
    return r;
  }
  Image<T> unweighted(Image<T> theta) const {
    for (std::int64_t i = 0; i < root_.size(); ++i)
      theta.data()[i] = root_.data()[i] > T(0) ? theta.data()[i] / root_.data()[i] : T(0);
    return theta;
  }

  // X, psi and its gradient at theta, from the code x and sigma.
  void look(const ConvolutionalCodes<T>& x, double sigma, Point<T>& at) {
    struct Row {
      std::vector<std::uint16_t> columns, filters;
      std::vector<T> values;
      double largest = 0, squares = 0, l1 = 0;
    };
    const MapShape& s = p_.shape;
    std::vector<Row> rows(static_cast<std::size_t>(s.rows()));
    // What correlations may be, the inverse of that, and the largest of them in these units.
    struct Space {
      std::vector<T> limits, inverse, ratios;
    };
    const auto set_limits = [&](Space& space, std::int64_t row, std::int64_t column) {
      p_.weights_at(row, column, space.limits);
      for (std::size_t k = 0; k < space.limits.size(); ++k) {
        space.limits[k] *= static_cast<T>(p_.lambda);
        space.inverse[k] = 1 / space.limits[k];
      }
    };
    const bool by_position = p_.position_weights.data;
    const std::vector<T> none(static_cast<std::size_t>(s.filters));
    std::vector<Space> spaces(static_cast<std::size_t>(workers_for(RunState(whole_))),
                              {none, none, none});
    for (Space& space : spaces) set_limits(space, 0, 0);
    const Image<T> masked = root_.size() ? weighted(at.theta) : Image<T>();
    const ImageView<const T> seen = root_.size() ? masked : at.theta;
    correlate<T>(p_.bank, seen, s, whole_, [&](std::int64_t r, MatrixView<T> c, int worker) {
      Row& row = rows[static_cast<std::size_t>(r)];
      Space& space = spaces[static_cast<std::size_t>(worker)];
      const auto &limits = space.limits, &inverse = space.inverse;
      auto& ratios = space.ratios;
      // Of a position's correlations the largest, in units of what they may be.
      const auto most = [&](const T* here) {
        if (p_.positive)
          for (std::int64_t k = 0; k < c.rows; ++k)
            ratios[std::size_t(k)] = here[k] * inverse[std::size_t(k)];
        else
          for (std::int64_t k = 0; k < c.rows; ++k)
            ratios[std::size_t(k)] = std::abs(here[k]) * inverse[std::size_t(k)];
        return largest(c.rows, ratios.data());
      };
      const T by = static_cast<T>(1 / sigma);
      auto i = static_cast<std::size_t>(x.starts()[static_cast<std::size_t>(r)]);
      const auto end = static_cast<std::size_t>(x.starts()[static_cast<std::size_t>(r) + 1]);
      T top = 0;
      for (std::int64_t position = 0; position < c.columns; ++position) {
        T* here = c.column(position).data();
        if (by_position) set_limits(space, r, position);
        T now = most(here);
        top = std::max(top, now);
        if (i < end && x.columns()[i] == position) {
          for (; i < end && x.columns()[i] == position; ++i)
            here[x.filters()[i]] += by * x.values()[i];
          now = most(here);
        }
        if (!(now > 1)) continue;
        for (std::int64_t k = 0; k < c.rows; ++k) {
          if (!(ratios[std::size_t(k)] > 1)) continue;
          const T value =
              static_cast<T>(sigma) * (here[k] - std::copysign(limits[std::size_t(k)], here[k]));
          if (value == 0) continue;
          row.columns.push_back(static_cast<std::uint16_t>(position));
          row.filters.push_back(static_cast<std::uint16_t>(k));
          row.values.push_back(value);
          row.squares += static_cast<double>(value) * value;
          row.l1 += std::abs(static_cast<double>(value)) * p_.weight(k, r, position);
        }
      }
      row.largest = static_cast<double>(top) * p_.lambda;
    });
    std::vector<std::int64_t> starts{0};
    Row all;
    for (const Row& row : rows) {
      all.columns.insert(all.columns.end(), row.columns.begin(), row.columns.end());
      all.filters.insert(all.filters.end(), row.filters.begin(), row.filters.end());
      all.values.insert(all.values.end(), row.values.begin(), row.values.end());
      all.largest = std::max(all.largest, row.largest);
      all.squares += row.squares;
      all.l1 += row.l1;
      starts.push_back(std::ssize(all.values));
    }
    at.x = {s, std::move(starts), std::move(all.columns), std::move(all.filters),
            std::move(all.values)};

    const std::int64_t n = s_.size();
    const T* theta = at.theta.data();
    at.gradient = Image<T>(p_.image.rows, p_.image.columns, p_.image.channels);
    synthesize(at.x, at.x.values(), at.gradient);
    double squares = 0, residual = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const T r = s_.data()[i] - at.gradient.data()[i];
      residual += static_cast<double>(r) * r;
      at.gradient.data()[i] = theta[i] - r;
      squares += static_cast<double>(at.gradient.data()[i]) * at.gradient.data()[i];
    }
    const double product = dot<double>(n, s_.data(), theta), norm = dot<double>(n, theta, theta);
    at.psi = norm / 2 - product + all.squares / (2 * sigma);
    at.bound = dual_bound(p_.lambda, p_.positive, product, norm, all.largest);
    at.objective = residual / 2 + p_.lambda * all.l1;
    at.gradient_norm = std::sqrt(squares);
  }

  // delta with (I + sigma D_A D_A') delta = -gradient to a residual of `tolerance`.
  Image<T> newton_step(const Point<T>& at, double sigma, double tolerance) {
    prepare(at.x, sigma);
    const std::int64_t n = p_.image.size();
    Image<T> delta(p_.image.rows, p_.image.columns, p_.image.channels), r(delta), a(delta);
    std::vector<T> on_entries(at.x.values().size());
    for (std::int64_t i = 0; i < n; ++i) r.data()[i] = -at.gradient.data()[i];
    Image<T> z = preconditioned(r), q = z;
    double product = dot<double>(n, r.data(), z.data());
    for (int step = 0; step < most_products; ++step) {
      if (std::sqrt(dot<double>(n, r.data(), r.data())) <= tolerance) break;
      if (root_.size()) on_.spread(weighted(q), whole_);
      else on_.spread(q, whole_);
      on_.correlate(at.x, on_entries, whole_);
      synthesize(at.x, on_entries, a);
      for (std::int64_t i = 0; i < n; ++i)
        a.data()[i] = q.data()[i] + static_cast<T>(sigma) * a.data()[i];
      const double length = product / dot<double>(n, q.data(), a.data());
      axpy(n, static_cast<T>(length), q.data(), delta.data());
      axpy(n, static_cast<T>(-length), a.data(), r.data());
      z = preconditioned(r);
      const double next = dot<double>(n, r.data(), z.data());
      const T keep = static_cast<T>(next / product);
      for (std::int64_t i = 0; i < n; ++i) q.data()[i] = z.data()[i] + keep * q.data()[i];
      product = next;
    }
    return delta;
  }

 private:
  // D v, times sqrt(omega).
  void synthesize(const ConvolutionalCodes<T>& entries, std::span<const T> values,
                  Image<T>& image) {
    on_.synthesize(entries, values, image, whole_);
    for (std::int64_t i = 0; i < root_.size(); ++i) image.data()[i] *= root_.data()[i];
  }

  // The preconditioner: I + sigma D_A D_A' if the n_k entries of every filter lay evenly.
  void prepare(const ConvolutionalCodes<T>& x, double sigma) {
    if (!circulant_) return;
    std::vector<double> weights;
    for (std::int64_t uses : x.uses())
      weights.push_back(sigma * static_cast<double>(uses) / static_cast<double>(p_.image.size()));
    circulant_->set(weights);
  }

  Image<T> preconditioned(const Image<T>& r) {
    if (!circulant_) return r;
    Image<T> z(r.rows(), r.columns());
    circulant_->solve(r, z);
    return z;
  }

  const ConvolutionalProblem<T>& p_;
  const Run whole_;
  detail::EntryOperator<T> on_;
  std::optional<detail::Circulant<T>> circulant_;  // none for images of several channels
  Image<T> root_, s_;  // sqrt(omega), empty without weights, and with it the image
  double scale_ = 0;
};

}  // namespace

template <class T>
ConvolutionalResult<T> ssnal(const FilterBank<T>& bank, ImageView<const T> image,
                             const SsnalSettings& settings, const ConvolutionalInputs<T>& inputs,
                             const Run& run) {
  validate("ssnal", settings);
  const Stopwatch watch;
  const PeakBytes peak;
  const Run whole{.threads = run.threads};  // a part of a step is none
  const auto problem = detail::make_problem("ssnal", bank, image, settings, inputs, whole);
  const auto* initial = inputs.initial;
  ConvolutionalResult<T> result{initial ? *initial : ConvolutionalCodes<T>(problem.shape),
                                {},
                                Image<T>(inputs.dual.data ? inputs.dual : problem.image)};
  if (initial && !inputs.dual.data) {  // the residual
    const Image<double> model = synthesize<double>(bank, *initial, whole);
    for (std::int64_t i = 0; i < image.size(); ++i)
      result.dual.data()[i] -= static_cast<T>(model.data()[i]);
  }
  ConvolutionalInfo& info = result.info;
  info.method = "ssnal";

  Ssnal<T> solver(problem, run.threads);
  const auto norms = bank.squared_norms();
  double sigma = settings.sigma * static_cast<double>(bank.filters()) /
                 std::accumulate(norms.begin(), norms.end(), 0.0);
  const double most_sigma = largest_sigma * sigma / settings.sigma;
  ConvolutionalCodes<T> x = result.codes;
  double least = objective(problem, x, whole);
  double best = dual_bound<T>(problem, result.dual, whole);
  Point<T> now;
  now.theta = solver.weighted(result.dual);
  if (!initial && !inputs.dual.data)  // feasible
    if (const double most = lambda_max(problem, whole); most > problem.lambda)
      for (std::int64_t i = 0; i < image.size(); ++i)
        now.theta.data()[i] *= static_cast<T>(problem.lambda / most);

  RunState state(run, "coding", settings.max_iterations);
  const auto done = [&] {
    return least - best <= settings.tolerance * least ||
           info.iterations >= settings.max_iterations || state.stopping() || !std::isfinite(sigma);
  };
  // Notes what a point is worth.
  const auto keep = [&](const Point<T>& at) {
    if (at.bound > best) {
      best = at.bound;
      result.dual = solver.unweighted(at.theta);
    }
    if (at.objective < least) {
      least = at.objective;
      result.codes = at.x;
    }
    info.trace.push_back(
        {.seconds = watch.seconds(), .objective = at.objective, .gap = (least - best) / least});
    const std::pair<std::string_view, double> told[] = {{"gap", (least - best) / least}};
    state.report(told);
  };
  while (!done()) {
    solver.look(x, sigma, now);
    ++info.iterations;
    keep(now);
    // Far from the optimum a proximal point need not be exact; larger sigmas tell more of theta.
    const double enough =
        0.8 * solver.image_norm() * std::sqrt(std::min(1.0, (least - best) / least) / sigma);
    for (int step = 0; step < most_steps && now.gradient_norm > enough && !done(); ++step) {
      const Image<T> delta = solver.newton_step(now, sigma, 0.1 * now.gradient_norm);
      const double slope = dot<double>(image.size(), now.gradient.data(), delta.data());
      Point<T> next;
      bool fell = false;
      for (double length = 1; length > 1e-3 && !fell; length /= 2) {
        next.theta = now.theta;
        axpy(image.size(), static_cast<T>(length), delta.data(), next.theta.data());
        solver.look(x, sigma, next);
        fell = next.psi <= now.psi + 1e-4 * length * slope;
      }
      ++info.iterations;
      state.advance(1);
      if (!fell) break;  // rounding
      now = std::move(next);
      keep(now);
    }
    x = now.x;
    sigma = std::min(growth * sigma, most_sigma);
  }
  detail::finish(problem, best, settings.tolerance, state, watch, peak, whole, result);
  return result;
}

#define STRIATE_INSTANTIATE(T)                                                               \
  template ConvolutionalResult<T> ssnal(const FilterBank<T>&, ImageView<const T>,            \
                                        const SsnalSettings&, const ConvolutionalInputs<T>&, \
                                        const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
