#include "striate/solvers/iht.h"

#include <numeric>

#include "striate/linalg/cholesky.h"
#include "striate/linalg/power_iteration.h"
#include "striate/solvers/detail/lockstep.h"

namespace striate {
namespace {

using namespace detail;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double margin = 0.99;        // of the longest step that is sure to descend
constexpr double least_pivot = 1e-10;  // of a diagonal element, for least squares

template <class T>
struct IhtScratch : LockstepScratch<T> {
  std::vector<std::int32_t> order;
  Matrix<double> gram;
  std::vector<double> solution;
};

template <class T>
struct IhtStep {
  const Dictionary<T>& dictionary;
  IhtSettings settings;
  double lipschitz;

  static constexpr bool extrapolates = false;
  struct State {
    double change = infinity;  // in the last step, relative
    bool same_support = false;
  };
  using Scratch = IhtScratch<T>;

  bool start(const Lane<T>& lane, State&, Scratch& s) const {
    std::ranges::copy(lane.z, s.next.begin());
    keep_largest(lane, s);
    const bool changed = !std::ranges::equal(s.next, lane.z);
    std::ranges::copy(s.next, lane.z.begin());
    return changed;
  }

  void step(const Lane<T>& lane, State& state, Scratch& s) const {
    double eta = settings.constant_step ? 1 / lipschitz : best_length(lane, s);
    for (int halvings = 0;; ++halvings) {
      for (std::size_t k = 0; k < s.next.size(); ++k)
        s.next[k] = lane.z[k] + static_cast<T>(eta) * lane.c[k];
      keep_largest(lane, s);
      state.same_support = true;
      double squares = 0;
      for (std::size_t k = 0; k < s.next.size(); ++k) {
        state.same_support &= (s.next[k] != 0) == (lane.z[k] != 0);
        squares += static_cast<double>(s.next[k]) * s.next[k];
      }
      // next becomes the step dz, its squares those of its length and of D dz.
      for (std::size_t k = 0; k < s.next.size(); ++k) s.next[k] -= lane.z[k];
      const double moved = dot<double>(std::ssize(s.next), s.next.data(), s.next.data());
      state.change = moved == 0 ? 0 : squares > 0 ? std::sqrt(moved / squares) : infinity;
      if (settings.constant_step || state.same_support || halvings == 60 ||
          eta * synthesis_energy(s.next, s) <= margin * moved)
        break;
      eta /= 2;
    }
    for (std::size_t k = 0; k < s.next.size(); ++k) lane.z[k] += s.next[k];
  }

  Measure measure(const Lane<T>& lane, const State& state, Scratch&, int) const {
    Measure now{.relative_gap = std::numeric_limits<double>::quiet_NaN()};
    for (T r : lane.r) now.objective += 0.5 * static_cast<double>(r) * r;
    const bool at_rest = std::ranges::all_of(lane.c, [](T c) { return c == 0; });
    now.miss = at_rest ? 0 : state.same_support ? state.change : 1 + state.change;
    return now;
  }

  double patience() const { return 1000; }

  // Least squares on the support: D_A'D_A x = D_A'y.
  void finish(const Lane<T>& lane, Measure& now, Scratch& s) const {
    if (!settings.debias) return;
    s.gather(lane.z);
    const auto count = std::ssize(s.indices);
    s.gram.resize(count, count);
    s.solution.resize(s.indices.size());
    const auto atom = [&](std::int64_t i) {
      return dictionary.atom(s.indices[static_cast<std::size_t>(i)]).data();
    };
    for (std::int64_t i = 0; i < count; ++i) {
      s.solution[static_cast<std::size_t>(i)] =
          dot<double>(dictionary.rows(), atom(i), lane.y.data());
      for (std::int64_t j = 0; j <= i; ++j)
        s.gram(i, j) = dot<double>(dictionary.rows(), atom(i), atom(j));
    }
    if (!cholesky_factor(s.gram.view(), least_pivot)) return;
    cholesky_solve(std::as_const(s.gram).view(), std::span(s.solution));
    if (settings.positive && std::ranges::any_of(s.solution, [](double x) { return x < 0; }))
      return;
    for (std::size_t i = 0; i < s.indices.size(); ++i)
      s.values[i] = lane.z[static_cast<std::size_t>(s.indices[i])] = static_cast<T>(s.solution[i]);
    std::ranges::copy(lane.y, s.residual.begin());
    subtract_atoms<T>(dictionary, s.indices, s.values, s.residual);
    now.objective = 0.5 * dot<double>(dictionary.rows(), s.residual.data(), s.residual.data());
  }

 private:
  // Zeroes all of s.next but its k largest magnitudes.
  void keep_largest(const Lane<T>& lane, Scratch& s) const {
    std::vector<T>& z = s.next;
    if (settings.positive)
      for (T& value : z) value = std::max(value, T(0));
    const auto kept = static_cast<std::ptrdiff_t>(settings.nonzeros[lane.index]);
    if (kept >= std::ssize(z)) return;
    s.order.resize(z.size());
    std::iota(s.order.begin(), s.order.end(), 0);
    std::ranges::nth_element(s.order, s.order.begin() + kept, [&](std::int32_t i, std::int32_t j) {
      const T a = std::abs(z[static_cast<std::size_t>(i)]);
      const T b = std::abs(z[static_cast<std::size_t>(j)]);
      return a > b || (a == b && i < j);
    });
    for (auto i = s.order.begin() + kept; i != s.order.end(); ++i)
      z[static_cast<std::size_t>(*i)] = 0;
  }

  // |c_A|^2 / |D_A c_A|^2, the step that lowers the residual most while the support A stays; at
  // z = 0 A is where c is largest. 1 / L where there is none.
  double best_length(const Lane<T>& lane, Scratch& s) const {
    std::ranges::copy(lane.c, s.next.begin());
    if (std::ranges::all_of(lane.z, [](T z) { return z == 0; })) keep_largest(lane, s);
    else
      for (std::size_t k = 0; k < s.next.size(); ++k)
        if (lane.z[k] == 0) s.next[k] = 0;
    const double squares = dot<double>(std::ssize(s.next), s.next.data(), s.next.data());
    const double energy = synthesis_energy(s.next, s);
    return energy > 0 && squares < infinity * energy ? squares / energy : 1 / lipschitz;
  }

  // |D z|^2
  double synthesis_energy(std::span<const T> z, Scratch& s) const {
    std::ranges::fill(s.residual, 0.0);
    s.gather(z);
    subtract_atoms<T>(dictionary, s.indices, s.values, s.residual);
    return dot<double>(std::ssize(s.residual), s.residual.data(), s.residual.data());
  }
};

}  // namespace

template <class T>
Encoding<T> iht(const Dictionary<T>& dictionary, Signals<T> signals, const IhtSettings& settings,
                const SparseCodes<T>* initial, const Run& run) {
  validate("iht", settings);
  check_signals("iht", settings, signals.columns);
  const PenalizedProblem problem{.lambda = 0.0,  // no penalty but positivity
                                 .tolerance = settings.tolerance,
                                 .max_iterations = settings.max_iterations,
                                 .positive = settings.positive};
  check_problem("iht", problem, dictionary.rows(), dictionary.atoms(), signals.rows);
  check_counts("iht", settings.nonzeros, dictionary.atoms());
  if (initial)
    check_initial("iht", dictionary.atoms(), signals.columns, initial->atoms(), initial->signals());
  const auto penalty = make_penalty<T>(1, {}, settings.positive);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  const IhtStep<T> step{dictionary, settings, eigenvalue > 0 ? eigenvalue : 1};
  return Lockstep<T, IhtStep<T>>(dictionary, signals, problem, *penalty, step, initial).solve(run);
}

#define STRIATE_INSTANTIATE(T)                                                   \
  template Encoding<T> iht(const Dictionary<T>&, Signals<T>, const IhtSettings&, \
                           const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
