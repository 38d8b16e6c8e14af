// Goal: a signal with a mask of its own costs what making its dictionary costs (a copy of the atoms,
// one more laid out for products, their norms: 3 m K elements written, 1.5 MB for m = 256, K = 512,
// float32, so about 150 us at 10 GB/s) and the solver's own work on it.
#include "striate/solvers/data_weights.h"

#include <benchmark/benchmark.h>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/kernels.h"
#include "striate/solvers/lasso.h"
#include "striate/solvers/omp.h"

namespace striate {
namespace {

constexpr std::int64_t rows = 256, atoms = 512, count = 256;

// Each signal is a few atoms and noise; half of its values are observed.
struct Problem {
  Matrix<float> d = random_atoms<float>(rows, atoms, 1);
  Dictionary<float> dictionary{d.view()};
  Matrix<float> signals{rows, count}, masks{rows, count};
  Problem() {
    const auto noise = random_atoms<float>(rows, count, 2),
               chance = random_atoms<float>(rows, count, 3);
    for (std::int64_t j = 0; j < count; ++j) {
      axpy(rows, 0.3f, noise.column(j).data(), signals.column(j).data());
      for (std::int64_t k = 0; k < 8; ++k)
        axpy(rows, k % 2 ? 0.5f : -0.5f, d.column((j * 37 + k * 101) % atoms).data(),
             signals.column(j).data());
      for (std::int64_t i = 0; i < rows; ++i) masks(i, j) = chance(i, j) > 0;
    }
  }
};

void run(benchmark::State& state, auto solve) {
  const Problem p;
  solve(p);
  for (auto _ : state) benchmark::DoNotOptimize(solve(p));
  state.SetItemsProcessed(state.iterations() * count);
}

void omp_plain(benchmark::State& state) {
  run(state, [](const Problem& p) {
    return omp<float>(p.dictionary, p.signals, {.nonzeros = 8}, {.threads = 1});
  });
}
void omp_masked(benchmark::State& state) {
  run(state, [](const Problem& p) {
    return encode_weighted(omp<float>, p.dictionary, p.signals, {.nonzeros = 8}, p.masks,
                           {.threads = 1});
  });
}
void lasso_plain(benchmark::State& state) {
  run(state, [](const Problem& p) {
    return lasso<float>(p.dictionary, p.signals, {.lambda = 0.15}, nullptr, {.threads = 1});
  });
}
void lasso_masked(benchmark::State& state) {
  run(state, [](const Problem& p) {
    return encode_weighted(lasso<float>, p.dictionary, p.signals, {.lambda = 0.15}, p.masks,
                           nullptr, {.threads = 1});
  });
}
// The same work on masked atoms, by hand and without a solver.
void dictionaries_alone(benchmark::State& state) {
  run(state, [](const Problem& p) {
    Matrix<float> c(atoms, 1);
    for (std::int64_t j = 0; j < count; ++j) {
      Matrix<float> masked(p.d);
      for (std::int64_t k = 0; k < atoms; ++k)
        for (std::int64_t i = 0; i < rows; ++i) masked(i, k) *= p.masks(i, j);
      const Dictionary<float> dictionary(std::move(masked), false);
      dictionary.correlate(p.signals.view().middle_columns(j, 1), c.view());
    }
    return c;
  });
}
BENCHMARK(omp_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(omp_masked)->Unit(benchmark::kMillisecond);
BENCHMARK(lasso_plain)->Unit(benchmark::kMillisecond);
BENCHMARK(lasso_masked)->Unit(benchmark::kMillisecond);
BENCHMARK(dictionaries_alone)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace striate
