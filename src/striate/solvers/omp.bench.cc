// Goal, from a count of flops (m = 256, K = 1024, float32, a core that multiplies matrices at 200
// GFLOP/s): 5, 10 and 32 atoms in 8, 11 and 36 us per signal, of which D'y takes 2.6; so 5 atoms
// within 1.5 times the time of correlate_alone.
#include "striate/solvers/omp.h"

#include <benchmark/benchmark.h>

#include "striate/dictionaries/constructors.h"
#include "striate/linalg/kernels.h"
#include "striate/solvers/mp.h"
#include "striate/solvers/ols.h"

namespace striate {
namespace {

constexpr std::int64_t count = 4096;

// Random atoms; each signal is 20 of them and noise.
struct Signals20 {
  Dictionary<float> dictionary{random_atoms<float>(256, 1024, 1).view()};
  Matrix<float> signals{256, count};
  Signals20() {
    const auto noise = random_atoms<float>(256, count, 2);
    for (std::int64_t j = 0; j < count; ++j) {
      axpy(256, 0.3f, noise.column(j).data(), signals.column(j).data());
      for (std::int64_t k = 0; k < 20; ++k)
        axpy(256, k % 2 ? 0.5f : -0.5f, dictionary.atom((j * 37 + k * 101) % 1024).data(),
             signals.column(j).data());
    }
  }
};
const Signals20& problem() {
  static const Signals20 made;
  return made;
}

void correlate_alone(benchmark::State& state) {
  Matrix<float> c(1024, 128);
  problem().dictionary.correlate(problem().signals.view().middle_columns(0, 128), c);
  for (auto _ : state)
    for (std::int64_t first = 0; first < count; first += 128) {
      problem().dictionary.correlate(problem().signals.view().middle_columns(first, 128), c);
      benchmark::DoNotOptimize(c.data());
    }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(correlate_alone)->Unit(benchmark::kMillisecond);

template <auto solve, class Settings>
void code(benchmark::State& state) {
  const Settings settings{.nonzeros = {static_cast<double>(state.range(0))}};
  solve(problem().dictionary, problem().signals, settings, {.threads = 1});  // the Gram matrix
  double objective = 0;
  for (auto _ : state)
    objective =
        solve(problem().dictionary, problem().signals, settings, {.threads = 1}).info.objective();
  state.SetItemsProcessed(state.iterations() * count);
  state.counters["objective"] = objective / count;
}
BENCHMARK(code<omp<float>, OmpSettings>)->Arg(5)->Arg(10)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK(code<ols<float>, OlsSettings>)->Arg(5)->Arg(10)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK(code<mp<float>, MpSettings>)->Arg(5)->Arg(10)->Arg(32)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace striate
