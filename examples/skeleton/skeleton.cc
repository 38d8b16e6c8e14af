#include "skeleton.h"

#include <algorithm>
#include <cmath>

#include "striate/linalg/kernels.h"
#include "striate/linalg/power_iteration.h"
#include "striate/penalties/any_penalty.h"
#include "striate/solvers/detail/chunks.h"
#include "striate/solvers/detail/penalized_problem.h"

namespace striate {
namespace {

using namespace detail;

constexpr std::int64_t chunk_signals = 16;  // a function of nothing: same bits on any machine

// One thread's buffers; they grow once.
template <class T>
struct Space {
  std::vector<T> z, r, c, duals;
  WorkCounters work;
};

template <class T>
struct Solver {
  const Dictionary<T>& dictionary;
  const PenalizedProblem& problem;
  const AnyPenalty<T>& penalty;
  double lipschitz;

  // [howto-begin]
  // The whole algorithm. Leaves the code in s.z.
  SignalInfo code_signal(std::int64_t index, std::span<const T> y, Space<T>& s,
                         const RunState& state) const {
    double lambda = 0;
    for (int iteration = 0;; ++iteration) {
      correlate(y, s);  // c = D'(y - D z)
      if (iteration == 0)
        lambda = problem.lambda ? problem.lambda[index]
                                : problem.lambda_relative[index] * lambda_max(y, s);
      const auto [objective, gap] = measure(lambda, s);
      SignalInfo info{.iterations = iteration, .objective = objective};
      info.relative_gap = gap == 0 ? 0 : gap / objective;
      if (info.relative_gap <= problem.tolerance) return info;
      info.status = Status::iteration_limit;
      if (iteration == problem.max_iterations) return info;
      info.status = status_of(state.reason());
      if (state.stopping()) return info;

      axpy(dictionary.atoms(), static_cast<T>(1 / lipschitz), s.c.data(), s.z.data());
      penalty.prox(static_cast<T>(lambda / lipschitz), s.z);
      ++s.work.iterations;
    }
  }
  // [howto-end]

  void correlate(std::span<const T> y, Space<T>& s) const {
    std::copy(y.begin(), y.end(), s.r.begin());
    for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
      if (s.z[at(k)] != 0)
        axpy(dictionary.rows(), -s.z[at(k)], dictionary.atom(k).data(), s.r.data());
    for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
      s.c[at(k)] =
          static_cast<T>(dot<double>(dictionary.rows(), dictionary.atom(k).data(), s.r.data()));
    ++s.work.gradients;
  }

  // The smallest lambda whose code is zero.
  double lambda_max(std::span<const T> y, Space<T>& s) const {
    const std::vector<T> z = s.z;
    std::fill(s.z.begin(), s.z.end(), T(0));
    correlate(y, s);
    const double largest_dual = std::sqrt(dual(s));
    s.z = z;
    correlate(y, s);
    return largest_dual;
  }

  double dual(Space<T>& s) const {
    penalty.squared_duals(s.c, s.duals);
    return largest(static_cast<std::int64_t>(s.duals.size()), s.duals.data());
  }

  // Objective and duality gap of s.z, from the residual and the correlations.
  Certificate measure(double lambda, Space<T>& s) const {
    Sums sums{.squared_dual = dual(s)};
    for (T r : s.r) sums.residual += static_cast<double>(r) * r;
    for (std::int64_t k = 0; k < dictionary.atoms(); ++k)
      sums.add(penalty, k, &s.z[at(k)], &s.c[at(k)], static_cast<T>(lipschitz));
    return certify(sums, lambda, problem.positive);
  }

  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
};

}  // namespace

template <class T>
Encoding<T> skeleton(const Dictionary<T>& dictionary, Signals<T> signals,
                     const SkeletonSettings& settings, const SparseCodes<T>* initial,
                     const Run& run) {
  const PenalizedProblem problem = make_problem("skeleton", dictionary, signals, settings, initial);
  const auto penalty = make_penalty<T>(problem.group_size, problem.weights, problem.positive);
  const double eigenvalue = largest_eigenvalue(dictionary.matrix());
  const Solver<T> solver{dictionary, problem, *penalty, eigenvalue > 0 ? eigenvalue : 1};
  const auto atoms = static_cast<std::size_t>(dictionary.atoms());

  return encode_by_chunks<Space<T>>(
      dictionary.atoms(), signals, chunk_signals, run,
      [&](std::int64_t first, std::int64_t count, Space<T>& s, const RunState& state,
          SparseCodes<T>& codes, std::span<SignalInfo> infos) {
        s.r.resize(static_cast<std::size_t>(dictionary.rows()));
        for (std::vector<T>* buffer : {&s.c, &s.duals}) buffer->resize(atoms);
        for (std::int64_t j = 0; j < count; ++j) {
          s.z.assign(atoms, 0);
          SignalInfo& info = infos[static_cast<std::size_t>(j)];
          if (!scale_of(signals.column(first + j)).finite) {
            info = invalid_signal();
            codes.append({}, {});
            continue;
          }
          if (initial) {
            const CodeView<T> code = (*initial)[first + j];
            for (std::size_t i = 0; i < code.nonzeros(); ++i)
              s.z[static_cast<std::size_t>(code.indices[i])] = code.values[i];
          }
          info = solver.code_signal(first + j, signals.column(first + j), s, state);
          std::vector<std::int32_t> indices;
          std::vector<T> values;
          for (std::size_t k = 0; k < atoms; ++k)
            if (s.z[k] != 0) {
              indices.push_back(static_cast<std::int32_t>(k));
              values.push_back(s.z[k]);
            }
          codes.append(indices, values);
          info.nonzeros = static_cast<std::int32_t>(values.size());
        }
      });
}

#define STRIATE_INSTANTIATE(T)                                                             \
  template Encoding<T> skeleton(const Dictionary<T>&, Signals<T>, const SkeletonSettings&, \
                                const SparseCodes<T>*, const Run&);
STRIATE_INSTANTIATE(float)
STRIATE_INSTANTIATE(double)

}  // namespace striate
