#include "striate/convolutional/detail/filter_update.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "striate/core/parallel.h"
#include "striate/linalg/kernels.h"

namespace striate::detail {
namespace {

constexpr int steps_per_filter = 8;

// H of a filter: products with the Toeplitz matrix of its codes' autocorrelation, channel by channel.
class Curvature {
 public:
  Curvature(const FilterSet& set, std::vector<double> lags, double weight)
      : set_(set), lags_(std::move(lags)) {
    for (double& c : lags_) c *= weight;
    for (std::int64_t a = 0; a < set.rows; ++a)
      for (std::int64_t b = 0; b < set.columns; ++b) {
        double sum = 0;
        for (std::int64_t i = 0; i < set.rows; ++i)
          for (std::int64_t j = 0; j < set.columns; ++j) sum += std::abs(lag(a - i, b - j));
        bound_ = std::max(bound_, sum);
      }
  }
  double bound() const { return bound_; }

  // Of one channel after the other.
  void multiply(std::span<const double> d, std::span<double> out) const {
    const std::int64_t rows = set_.rows, columns = set_.columns, width = 2 * columns - 1;
    std::vector<double> line(static_cast<std::size_t>(columns));
    for (std::int64_t c = 0; c < set_.channels; ++c)
      for (std::int64_t a = 0; a < rows; ++a) {
        std::ranges::fill(line, 0.0);
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < columns; ++j)
            axpy(columns, d[static_cast<std::size_t>((i * columns + j) * set_.channels + c)],
                 lags_.data() + (rows - 1 + a - i) * width + columns - 1 - j, line.data());
        for (std::int64_t b = 0; b < columns; ++b)
          out[static_cast<std::size_t>((a * columns + b) * set_.channels + c)] =
              line[static_cast<std::size_t>(b)];
      }
  }

 private:
  double lag(std::int64_t down, std::int64_t right) const {
    return lags_[static_cast<std::size_t>((set_.rows - 1 + down) * (2 * set_.columns - 1) +
                                          set_.columns - 1 + right)];
  }

  const FilterSet& set_;
  std::vector<double> lags_;
  double bound_ = 0;
};

// d <- the minimum of the model around d, given g.
template <class T>
void minimise(const FilterSet& set, std::int64_t filter, const Curvature& curvature,
              std::span<const T> g, std::span<T> d) {
  const auto n = static_cast<std::size_t>(set.taps());
  std::vector<double> now(d.begin(), d.end()), h(n), pull(n);
  curvature.multiply(now, h);
  for (std::size_t i = 0; i < n; ++i) pull[i] = static_cast<double>(g[i]) + h[i];
  for (int step = 0; step < steps_per_filter; ++step) {
    std::vector<double> next(n);
    for (std::size_t i = 0; i < n; ++i) next[i] = now[i] + (pull[i] - h[i]) / curvature.bound();
    if (!set.project(filter, std::span(next))) return;
    now = std::move(next);
    curvature.multiply(now, h);
  }
  std::ranges::transform(now, d.begin(), [](double x) { return static_cast<T>(x); });
}

// sum_i X_ki'(omega r_i) for all filters.
template <class T>
Matrix<T> correlations(const FixedCodes<T>& codes, std::int64_t taps, std::int64_t filters,
                       const Run& run) {
  Matrix<T> all(taps, filters);
  RunState state(run);
  parallel_for(
      filters,
      [&](std::int64_t k, int) {
        for (std::int64_t i = 0; i < codes.images(); ++i) codes.correlate(i, k, all.column(k));
      },
      state);
  return all;
}

}  // namespace

template <class T>
void move_filters(const Matrix<T>& to, FixedCodes<T>& codes, Matrix<T>& taps, const Run& run) {
  Matrix<T> delta = to;
  axpy(static_cast<std::int64_t>(to.size()), T(-1), taps.data(), delta.data());
  RunState state(run);
  parallel_for(
      codes.images(),
      [&](std::int64_t i, int) {
        for (std::int64_t k = 0; k < delta.columns(); ++k) codes.change(i, k, delta.column(k));
      },
      state);
  taps = to;
}

template <class T>
void descend_filters(const FilterSet& set, int passes, FixedCodes<T>& codes, Matrix<T>& taps,
                     const Run& run) {
  const std::int64_t filters = taps.columns(), images = codes.images();
  std::vector<std::optional<Curvature>> curvatures(static_cast<std::size_t>(filters));
  RunState state(run);
  parallel_for(
      filters,
      [&](std::int64_t k, int) {
        if (codes.uses(k) > 0)
          curvatures[static_cast<std::size_t>(k)].emplace(set, codes.autocorrelation(k),
                                                          codes.most_weight());
      },
      state);
  Matrix<T> pulls(set.taps(), images);
  std::vector<T> delta(static_cast<std::size_t>(set.taps()));
  std::int64_t changed = -1;  // the filter whose change the residuals have not seen
  const auto update = [&](std::int64_t filter) {
    parallel_for(
        images,
        [&](std::int64_t i, int) {
          if (changed >= 0) codes.change(i, changed, delta);
          std::ranges::fill(pulls.column(i), T(0));
          if (filter < filters) codes.correlate(i, filter, pulls.column(i));
        },
        state);
  };
  for (int pass = 0; pass < passes; ++pass)
    for (std::int64_t k = 0; k < filters; ++k) {
      const std::optional<Curvature>& curvature = curvatures[static_cast<std::size_t>(k)];
      if (!curvature || curvature->bound() == 0) continue;
      update(k);
      for (std::int64_t i = 1; i < images; ++i)
        axpy(set.taps(), T(1), pulls.column(i).data(), pulls.column(0).data());
      std::ranges::copy(taps.column(k), delta.begin());
      minimise<T>(set, k, *curvature, pulls.column(0), taps.column(k));
      for (std::size_t i = 0; i < delta.size(); ++i) delta[i] = taps.column(k)[i] - delta[i];
      changed = k;
    }
  update(filters);
}

template <class T>
void accelerate_filters(const FilterSet& set, int iterations, FixedCodes<T>& codes, Matrix<T>& taps,
                        const Run& run) {
  const auto n = static_cast<std::int64_t>(taps.size());
  double bound = 0, most = 0;  // of the curvature in all filters together
  for (std::int64_t k = 0; k < taps.columns(); ++k) {
    if (codes.uses(k) == 0) continue;
    const double here = Curvature(set, codes.autocorrelation(k), codes.most_weight()).bound();
    bound += here;
    most = std::max(most, here);
  }
  if (bound == 0) return;
  Matrix<T> best = taps, last = taps;  // taps is y
  double value = codes.fidelity(), curvature = most, t = 1;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    const double at = codes.fidelity();
    const Matrix<T> pull = correlations(codes, set.taps(), taps.columns(), run), from = taps;
    double here = 0;
    while (true) {
      Matrix<T> next = from;
      axpy(n, static_cast<T>(1 / curvature), pull.data(), next.data());
      bool whole = true;
      for (std::int64_t k = 0; k < taps.columns(); ++k)
        whole = set.project(k, next.column(k)) && whole;
      if (!whole) return move_filters(best, codes, taps, run);
      move_filters(next, codes, taps, run);
      here = codes.fidelity();
      Matrix<T> delta = next;
      axpy(n, T(-1), from.data(), delta.data());
      const double length = dot<double>(n, delta.data(), delta.data());
      if (here - at + dot<double>(n, pull.data(), delta.data()) <= curvature / 2 * length ||
          curvature >= bound)
        break;
      curvature = std::min(bound, 2 * curvature);
    }
    if (here > value) {  // momentum went too far, or rounding: go on from the best without it
      if (t == 1) break;
      t = 1;
      move_filters(best, codes, taps, run);
      continue;
    }
    value = here;
    last = std::move(best);
    best = taps;
    const double next_t = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    Matrix<T> ahead = best;
    axpy(n, static_cast<T>((t - 1) / next_t), best.data(), ahead.data());
    axpy(n, static_cast<T>((1 - t) / next_t), last.data(), ahead.data());
    t = next_t;
    if (iteration + 1 < iterations) move_filters(ahead, codes, taps, run);
  }
  move_filters(best, codes, taps, run);
}

template <class T>
void step_filters(const FilterSet& set, double eta, std::span<const double> curvatures,
                  const FixedCodes<T>& codes, Matrix<T>& taps, const Run& run) {
  const Matrix<T> pull = correlations(codes, set.taps(), taps.columns(), run);
  for (std::int64_t k = 0; k < taps.columns(); ++k) {
    const double curvature = curvatures[static_cast<std::size_t>(k)];
    if (curvature == 0) continue;
    std::vector<T> next(taps.column(k).begin(), taps.column(k).end());
    axpy(set.taps(), static_cast<T>(eta / curvature), pull.column(k).data(), next.data());
    if (set.project(k, std::span(next))) std::ranges::copy(next, taps.column(k).begin());
  }
}

#define STRIATE_INSTANTIATE(T)                                                                     \
  template void move_filters(const Matrix<T>&, FixedCodes<T>&, Matrix<T>&, const Run&);            \
  template void descend_filters(const FilterSet&, int, FixedCodes<T>&, Matrix<T>&, const Run&);    \
  template void accelerate_filters(const FilterSet&, int, FixedCodes<T>&, Matrix<T>&, const Run&); \
  template void step_filters(const FilterSet&, double, std::span<const double>,                    \
                             const FixedCodes<T>&, Matrix<T>&, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate::detail
